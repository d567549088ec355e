/**
 * What `npm run test:install` installs Quorumlog beside. All releases are named here, exactly, and
 * nowhere else.
 */

/** Exact releases, by the names of their packages. */
export type Packages = Readonly<Record<string, string>>;

/** A program of `programs/`, or something that a tool does with the project. */
export type Step =
  | "stand-alone"
  | "attached"
  | "limits"
  | "otlp"
  | "stock-exporters"
  | "winston"
  | "pino"
  | "vercel"
  | "azure"
  | "load the app's packages"
  | "types"
  | "types by node10"
  | "vitest"
  | "jest"
  | "next build";

/** One app. */
export interface Project {
  readonly name: string;
  /** What docs/compatibility.md calls it. */
  readonly about: string;
  /** Which line of OpenTelemetry the app is on. */
  readonly line: 2 | 3;
  /** What the app has already. */
  readonly app: Packages;
  /** What the documents tell to install together with Quorumlog. */
  readonly adds?: Packages;
  /** Whether npm must also find a tree when it gets all of it in one command. */
  readonly atOnce?: boolean;
  /** Installs the project. npm if it is absent. */
  readonly manager?: keyof typeof MANAGERS;
  /** Runs the programs. Node if it is absent. */
  readonly runtime?: "bun" | "deno";
  readonly steps: readonly Step[];
}

/** Package managers and runtimes. npm installs them. */
export const MANAGERS = {
  "yarn-1": { yarn: "1.22.22" },
  "yarn-4": { "@yarnpkg/cli-dist": "4.18.1" },
  pnpm: { pnpm: "12.21.0" },
  bun: { bun: "1.4.5" },
  deno: { deno: "2.9.6" },
} as const satisfies Record<string, Packages>;

/** Compiles the types for `moduleResolution: node10`, which TypeScript 7 does not know any more. */
export const TYPESCRIPT_5: Packages = { typescript: "5.9.3" };

const NODE_TYPES: Packages = { "@types/node": "22.20.5" };
const WINSTON: Packages = { winston: "3.19.0" };
const OTLP_EXPORTERS = ["http", "proto", "grpc"].map(
  (protocol) => `@opentelemetry/exporter-logs-otlp-${protocol}`,
);
const exporters = (release: string): Packages =>
  Object.fromEntries(OTLP_EXPORTERS.map((name) => [name, release]));

/** What the newest releases of each line are tried with. */
const EVERYTHING: readonly Step[] = [
  "stand-alone",
  "attached",
  "limits",
  "otlp",
  "stock-exporters",
  "winston",
  "pino",
  "vitest",
  "types",
  "types by node10",
];

/** What the documents tell to add on the 2.x line, where the app has no `sdk-logs` yet. */
const SDK_LOGS_2: Packages = { "@opentelemetry/sdk-logs": "0.223.0" };

export const PROJECTS: readonly Project[] = [
  {
    name: "nothing",
    about: "without OpenTelemetry",
    line: 3,
    app: NODE_TYPES,
    steps: ["stand-alone", "limits", "otlp"],
  },
  {
    name: "otel-3",
    about: "NodeSDK of the 3.x line",
    line: 3,
    app: {
      ...NODE_TYPES,
      ...WINSTON,
      "@opentelemetry/api": "1.10.0",
      "@opentelemetry/sdk-node": "0.301.0",
      "@opentelemetry/sdk-logs": "3.1.0",
      ...exporters("0.301.0"),
      pino: "10.4.0",
      vitest: "5.1.2",
    },
    steps: EVERYTHING,
  },
  {
    name: "otel-2",
    about: "NodeSDK of the 2.x line",
    line: 2,
    app: {
      ...NODE_TYPES,
      ...WINSTON,
      "@opentelemetry/api": "1.9.1",
      "@opentelemetry/api-logs": "0.223.0",
      "@opentelemetry/sdk-node": "0.223.0",
      "@opentelemetry/sdk-logs": "0.223.0",
      ...exporters("0.223.0"),
      pino: "9.14.0",
      vitest: "4.1.12",
    },
    steps: EVERYTHING,
  },
  {
    name: "otel-2-oldest",
    about: "NodeSDK, the oldest releases that work",
    line: 2,
    app: {
      ...NODE_TYPES,
      ...WINSTON,
      "@opentelemetry/api": "1.9.0",
      "@opentelemetry/api-logs": "0.214.0",
      "@opentelemetry/sdk-node": "0.214.0",
      "@opentelemetry/sdk-logs": "0.214.0",
      ...exporters("0.214.0"),
      pino: "8.21.0",
    },
    steps: [
      "stand-alone",
      "attached",
      "limits",
      "otlp",
      "stock-exporters",
      "winston",
      "pino",
      "types",
    ],
  },
  {
    name: "auto-instrumentations",
    about: "OpenTelemetry's auto-instrumentations",
    line: 3,
    app: { "@opentelemetry/auto-instrumentations-node": "0.82.0" },
    atOnce: true,
    steps: ["load the app's packages", "stand-alone", "attached", "limits", "otlp"],
  },
  {
    name: "vercel",
    about: "Next.js with Vercel's OpenTelemetry",
    line: 2,
    app: {
      "@vercel/otel": "2.1.3",
      next: "16.4.6",
      react: "19.3.1",
      "react-dom": "19.3.1",
      typescript: "5.9.3",
      "@types/react": "19.3.3",
      ...NODE_TYPES,
    },
    atOnce: true,
    steps: ["stand-alone", "vercel", "limits", "otlp", "next build"],
  },
  {
    name: "azure-monitor",
    about: "Azure Monitor",
    line: 2,
    app: { "@azure/monitor-opentelemetry": "1.21.0" },
    steps: ["stand-alone", "azure", "limits", "otlp"],
  },
  {
    name: "langfuse",
    about: "Langfuse",
    line: 2,
    app: {
      "@langfuse/otel": "5.11.1",
      "@opentelemetry/sdk-node": "0.223.0",
      "@opentelemetry/exporter-trace-otlp-http": "0.223.0",
    },
    steps: ["load the app's packages", "stand-alone", "attached", "limits", "otlp"],
  },
  {
    name: "logfire",
    about: "Pydantic Logfire",
    line: 2,
    app: { logfire: "0.22.9" },
    adds: SDK_LOGS_2,
    steps: ["load the app's packages", "stand-alone", "limits", "otlp"],
  },
  {
    name: "openlit",
    about: "OpenLIT",
    line: 2,
    app: { openlit: "1.15.0" },
    steps: ["load the app's packages", "stand-alone", "limits", "otlp"],
  },
  {
    name: "mastra",
    about: "Mastra's exporter",
    line: 2,
    app: { "@mastra/otel-exporter": "1.4.0" },
    steps: ["load the app's packages", "stand-alone", "limits", "otlp"],
  },
  {
    name: "vitest-3",
    about: "vitest 3",
    line: 3,
    app: { vitest: "3.2.7" },
    atOnce: true,
    steps: ["vitest"],
  },
  {
    name: "vitest-4",
    about: "vitest 4",
    line: 3,
    app: { vitest: "4.1.12" },
    atOnce: true,
    steps: ["vitest"],
  },
  {
    name: "vitest-5",
    about: "vitest 5",
    line: 3,
    app: { vitest: "5.1.2" },
    atOnce: true,
    steps: ["vitest"],
  },
  {
    name: "jest-29",
    about: "jest 29",
    line: 3,
    app: { jest: "29.7.0" },
    atOnce: true,
    steps: ["jest"],
  },
  {
    name: "jest-30",
    about: "jest 30",
    line: 3,
    app: { jest: "30.5.2" },
    atOnce: true,
    steps: ["jest"],
  },
  {
    name: "yarn-1",
    about: "yarn 1 installs it",
    line: 3,
    app: {},
    adds: { "@opentelemetry/api": "1.10.0", "@opentelemetry/sdk-logs": "3.1.1" },
    manager: "yarn-1",
    steps: ["stand-alone", "otlp"],
  },
  {
    name: "yarn-4",
    about: "yarn 4 installs it",
    line: 3,
    app: {},
    adds: { "@opentelemetry/api": "1.10.0", "@opentelemetry/sdk-logs": "3.1.1" },
    manager: "yarn-4",
    steps: ["stand-alone", "otlp"],
  },
  {
    name: "pnpm",
    about: "pnpm installs it",
    line: 3,
    app: {},
    manager: "pnpm",
    steps: ["stand-alone", "otlp"],
  },
  {
    name: "bun",
    about: "Bun installs and runs it",
    line: 3,
    app: {},
    manager: "bun",
    runtime: "bun",
    steps: ["stand-alone", "otlp"],
  },
  {
    name: "deno",
    about: "Deno installs and runs it",
    line: 3,
    app: {},
    runtime: "deno",
    steps: ["stand-alone", "otlp"],
  },
];
