module quorumlog.example/prometheus

go 1.26.5

require github.com/prometheus/prometheus v0.313.2
