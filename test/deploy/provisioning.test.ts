import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  ATTR_GOVERNANCE_DETAILS_PREFIX,
  OPERATION_RULE_VIOLATED,
  OPERATIONS,
  RULE_VIOLATED_DETAILS,
} from "quorumlog";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { alertQueries } from "../../scripts/alert-queries.ts";
import { ATTRIBUTE_CONVENTIONS, METRIC_CONVENTIONS } from "../../scripts/conventions.ts";
import { logqlName, promqlName } from "../../scripts/dashboard-queries.ts";

const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const read = (file: string) => readFileSync(resolve(DEPLOY, file), "utf8");

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly command?: readonly string[];
        readonly environment?: Readonly<Record<string, string>>;
        readonly ports?: readonly string[];
        readonly volumes: readonly string[];
        readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
      }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const COMPOSE: Compose = parse(read("compose.yaml"));
const SERVICES = Object.entries(COMPOSE.services);

test.each(globSync("**/*.{yaml,json}", { cwd: DEPLOY }))("deploy/%s can be read", (file) => {
  expect(parse(read(file))).toBeTypeOf("object");
});

describe("deploy/compose.yaml", () => {
  test("pins the version of every image", () => {
    for (const [name, { image }] of SERVICES) expect(image, name).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  test("publishes on loopback only", () => {
    for (const port of SERVICES.flatMap(([, { ports = [] }]) => ports))
      expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test("mounts files that exist, read only, and volumes that it declares", () => {
    const mounts = SERVICES.flatMap(([, { volumes }]) =>
      volumes.map((volume) => volume.split(":")),
    );
    for (const [source = "", , mode] of mounts)
      if (source.startsWith(".")) {
        expect(existsSync(resolve(DEPLOY, source)), source).toBe(true);
        expect(mode, source).toBe("ro");
      }
    const named = mounts.map(([source = ""]) => source).filter((source) => !source.startsWith("."));
    expect(named.sort()).toEqual(Object.keys(COMPOSE.volumes).sort());
  });

  test("gives each program configuration files that it mounts", () => {
    for (const [name, { command = [], volumes }] of SERVICES) {
      const mounted = volumes.map((volume) => volume.split(":")[1]);
      for (const [file] of command.join(" ").matchAll(/\/etc\/[\w/.-]+/g))
        expect(mounted, name).toContain(file);
    }
  });

  test("waits only for services that it has, and calls only those", () => {
    const names = SERVICES.map(([name]) => name);
    for (const [, { depends_on = [], environment = {} }] of SERVICES) {
      for (const other of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on))
        expect(names).toContain(other);
      for (const [, host] of Object.values(environment)
        .join(" ")
        .matchAll(/http:\/\/(\w+)/g))
        expect(names).toContain(host);
    }
    for (const [, host] of read("grafana/datasources.yaml").matchAll(/http:\/\/(\w+)/g))
      expect(names).toContain(host);
  });

  test("sets only variables that the mounted files read", () => {
    const files: Readonly<Record<string, readonly string[]>> = {
      collector: ["../collector-config.yaml", "collector-metrics.yaml"],
      loki: ["loki.yaml"],
    };
    for (const [service, paths] of Object.entries(files)) {
      const text = paths.map(read).join("");
      for (const name of Object.keys(COMPOSE.services[service]?.environment ?? {}))
        expect(text).toMatch(new RegExp(`\\$\\{(?:env:)?${name}:-`));
    }
  });
});

describe.each(["loki.yaml", "collector-metrics.yaml", "compose.yaml"])("deploy/%s", (file) => {
  test("names in its comments every environment variable that it reads", () => {
    for (const [, name] of read(file).matchAll(/\$\{(?:env:)?([A-Z]\w+)/g))
      expect(read(file)).toMatch(new RegExp(`^# +${name}\\b`, "m"));
  });
});

test("deploy/loki.yaml accepts late records, finds them at once, and lets nobody delete", () => {
  const { ingester, limits_config } = parse(read("loki.yaml"));
  expect(limits_config).toMatchObject({
    reject_old_samples: false,
    allow_structured_metadata: true,
    deletion_mode: "disabled",
    max_query_length: "0s",
  });
  // With another value, queries do not find old records that are still in memory.
  expect(ingester.query_store_max_look_back_period).toBe("-1ns");
});

interface Rule {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly { readonly refId: string; readonly datasourceUid: string }[];
}

describe("deploy/grafana/alerts.yaml", () => {
  const rules: readonly Rule[] = parse(read("grafana/alerts.yaml")).groups.flatMap(
    (group: { readonly rules: readonly Rule[] }) => group.rules,
  );
  const sources: readonly { readonly uid: string }[] = parse(
    read("grafana/datasources.yaml"),
  ).datasources;

  test("has the five rules", () => {
    expect(rules.map(({ title }) => title)).toEqual([
      "Byzantine event",
      "Rule violated",
      "Rejected records",
      "No checkpoint for 10 minutes",
      "Sequence gap",
    ]);
  });

  test("asks provisioned data sources, and its condition exists", () => {
    const known = [...sources.map(({ uid }) => uid), "__expr__"];
    for (const { condition, data } of rules) {
      for (const { datasourceUid } of data) expect(known).toContain(datasourceUid);
      expect(data.at(-1)?.refId).toBe(condition);
    }
  });

  test("shows a panel of the dashboard for each", () => {
    const { uid, panels } = JSON.parse(read("grafana/dashboard.json"));
    for (const { dashboardUid, panelId } of rules) {
      expect(dashboardUid).toBe(uid);
      expect(panels.find(({ id }: { readonly id: number }) => id === panelId)?.title).toMatch(
        /^(?:Byzantine events by actor|Violated rules|Delivery|Checkpoints)$/,
      );
    }
  });

  test("names attributes, operations and metrics that exist", () => {
    const known = [
      ...ATTRIBUTE_CONVENTIONS.map(({ name }) => logqlName(name)),
      ...RULE_VIOLATED_DETAILS.map((key) => logqlName(ATTR_GOVERNANCE_DETAILS_PREFIX + key)),
      ...METRIC_CONVENTIONS.map(({ name }) => promqlName(name)),
    ];
    for (const { expr } of alertQueries()) {
      for (const [name] of expr.matchAll(/\b(?:governance|quorumlog)_\w+/g))
        expect(known).toContain(name);
      for (const [, operation] of expr.matchAll(/governance_operation="(\w+)"/g))
        expect([...OPERATIONS, OPERATION_RULE_VIOLATED, "checkpoint"]).toContain(operation);
    }
  });

  test("has no $, which Grafana would take for a variable of the environment", () => {
    for (const file of ["alerts", "datasources", "dashboards"])
      expect(read(`grafana/${file}.yaml`)).not.toContain("$");
  });
});
