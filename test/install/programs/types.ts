// Every subpath, as CommonJS, as an ES module, and for compilers that do not read exports.

import { LoggerProvider, type LogRecordProcessor } from "@opentelemetry/sdk-logs";
import * as root from "quorumlog";
import * as delivery from "quorumlog/delivery";
import * as governance from "quorumlog/governance";
import * as journal from "quorumlog/journal";
import * as loki from "quorumlog/loki";
import * as monitor from "quorumlog/monitor";
import * as otlp from "quorumlog/otlp";
import * as pino from "quorumlog/pino";
import * as testing from "quorumlog/testing";
import * as verify from "quorumlog/verify";
import * as winston from "quorumlog/winston";

export const subpaths = [
  root,
  delivery,
  governance,
  journal,
  loki,
  monitor,
  otlp,
  pino,
  testing,
  verify,
  winston,
];

const processor = new root.AuditLogProcessor();
const processors: LogRecordProcessor[] = [processor, otlp.otlpMirror()];
const loggerProvider = new LoggerProvider({ processors });
const audit = root.GovernanceAuditLog.attach({ loggerProvider, processor });
audit.logNodeAdded({ did: "did:pqaid:alice", name: "alice", weight: 2 });
export const did: string | undefined = audit.entries({ operation: "node_added" })[0]?.actorDid;
// @ts-expect-error a weight is a number
audit.logNodeAdded({ did: "did:pqaid:bob", name: "bob", weight: "1" });
