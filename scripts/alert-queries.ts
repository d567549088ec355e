/**
 * The queries of deploy/grafana/alerts.yaml. `test/e2e` runs them against a real Loki and a real
 * Prometheus.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";

const RULES = resolve(import.meta.dirname, "../deploy/grafana/alerts.yaml");

export interface AlertQuery {
  /** The rule's uid. */
  readonly rule: string;
  readonly language: "logql" | "promql";
  /** An instant query. It returns one series for each problem, and none if all is well. */
  readonly expr: string;
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly uid: string;
      readonly data: readonly {
        readonly datasourceUid: string;
        readonly model: { readonly expr?: string };
      }[];
    }[];
  }[];
}

/** Every query of every rule. */
export function alertQueries(): AlertQuery[] {
  const { groups }: RuleFile = parse(readFileSync(RULES, "utf8"));
  return groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ uid, data }) =>
      data.flatMap(({ datasourceUid, model: { expr } }) =>
        expr === undefined
          ? []
          : [
              {
                rule: uid,
                language: datasourceUid === "quorumlog-loki" ? "logql" : "promql",
                expr,
              } as const,
            ],
      ),
    );
}
