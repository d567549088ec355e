// Reads cases as JSON on stdin, lets the Go implementations judge them, and writes their answers to stdout.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// Bytes are base64 in JSON, as encoding/json has them.
type cases struct {
	// Notes to open with their keys.
	Open []struct {
		Note  string
		Vkeys []string
	}
	// Notes to sign.
	Sign []struct {
		Name string
		Seed []byte
		Text string
	}
	Inclusion []struct {
		Index, Size    uint64
		LeafHash, Root []byte
		Proof          [][]byte
	}
	Consistency []struct {
		First, Second         uint64
		FirstRoot, SecondRoot []byte
		Proof                 [][]byte
	}
}

type opened struct {
	Text     string   `json:"text"`
	Verified []string `json:"verified"`
	Error    string   `json:"error"`
}

type signed struct {
	Vkey string `json:"vkey"`
	Note string `json:"note"`
}

type answers struct {
	Open        []opened `json:"open"`
	Sign        []signed `json:"sign"`
	Inclusion   []string `json:"inclusion"`
	Consistency []string `json:"consistency"`
}

func main() {
	var in cases
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		log.Fatal(err)
	}
	var out answers
	for _, c := range in.Open {
		out.Open = append(out.Open, open(c.Note, c.Vkeys))
	}
	for _, c := range in.Sign {
		out.Sign = append(out.Sign, sign(c.Name, c.Seed, c.Text))
	}
	for _, c := range in.Inclusion {
		err := proof.VerifyInclusion(rfc6962.DefaultHasher, c.Index, c.Size, c.LeafHash, c.Proof, c.Root)
		out.Inclusion = append(out.Inclusion, text(err))
	}
	for _, c := range in.Consistency {
		err := proof.VerifyConsistency(rfc6962.DefaultHasher, c.First, c.Second, c.Proof, c.FirstRoot, c.SecondRoot)
		out.Consistency = append(out.Consistency, text(err))
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}

func open(text string, vkeys []string) opened {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return opened{Error: err.Error()}
		}
		verifiers = append(verifiers, verifier)
	}
	n, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	if err != nil {
		return opened{Error: err.Error()}
	}
	answer := opened{Text: n.Text}
	for _, s := range n.Sigs {
		answer.Verified = append(answer.Verified, s.Name)
	}
	return answer
}

func sign(name string, seed []byte, text string) signed {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(name, public)
	if err != nil {
		log.Fatal(err)
	}
	id := strings.Split(vkey, "+")[1]
	secret := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...))
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", name, id, secret))
	if err != nil {
		log.Fatal(err)
	}
	n, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		log.Fatal(err)
	}
	return signed{Vkey: vkey, Note: string(n)}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
