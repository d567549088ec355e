/** The document `docs/options.md`: the tables of all options, from their TSDoc. */
import {
  type ApiItem,
  type ApiPage,
  basesOf,
  docsOf,
  nameOf,
  propertiesOf,
  typeTokensOf,
} from "./api-model.ts";
import { type ApiReference, GENERATED } from "./api-reference.ts";
import { table } from "./markdown.ts";

interface OptionSection {
  readonly heading: string;
  /** The interface of the options. */
  readonly options: string;
  readonly text: string;
}

/** The sections of docs/options.md, in their order. */
const OPTION_SECTIONS: readonly OptionSection[] = [
  {
    heading: "A log",
    options: "GovernanceAuditLogOptions",
    text: "`new GovernanceAuditLog(options)`. `new AuditLogProcessor(options)` takes all of them but `resource`, which is that of the app's own provider.",
  },
  {
    heading: "Flush and shutdown",
    options: "FlushOptions",
    text: "`flush(options)`, `shutdown(options)`.",
  },
  {
    heading: "Delivery",
    options: "DeliveryOptions",
    text: "Every reliable mirror takes these: `otlpMirror(options)`, and `new ReliableLogRecordProcessor(options)`, which also needs an `exporter`. How they work together is in [delivery.md](delivery.md).",
  },
  {
    heading: "otlpMirror",
    options: "OtlpMirrorOptions",
    text: "`otlpMirror(options)` takes these beside those of the delivery.",
  },
  {
    heading: "pinoMirror, winstonMirror",
    options: "LoggerMirrorOptions",
    text: "`pinoMirror(logger, options)`, `winstonMirror(logger, options)`.",
  },
  {
    heading: "ReliableLogRecordProcessor",
    options: "ReliableLogRecordProcessorOptions",
    text: "`new ReliableLogRecordProcessor(options)` takes this beside those of the delivery.",
  },
  {
    heading: "A journal",
    options: "JournalOptions",
    text: "`Journal.open(path, options)`. A log that is given a path opens its journal with the defaults.",
  },
  {
    heading: "Pruning",
    options: "PruneOptions",
    text: "`audit.prune(options)`.",
  },
  {
    heading: "Checkpoints of a journal",
    options: "CheckpointOptions",
    text: "`journal.checkpoint(options)`.",
  },
  {
    heading: "An outbox",
    options: "OutboxOptions",
    text: "`journal.outbox(options)`, for a mirror of your own.",
  },
  {
    heading: "A key that signs elsewhere",
    options: "RemoteSigningKeyOptions",
    text: "`remoteSigningKey(options)`, or one of the `signer` keys of a log.",
  },
  {
    heading: "Loki",
    options: "LokiAuditReaderOptions",
    text: "`new LokiAuditReader(options)`.",
  },
  {
    heading: "Requests to Loki",
    options: "LokiReadOptions",
    text: "The methods of a `LokiAuditReader` take these after the query.",
  },
  {
    heading: "verify",
    options: "VerifyOptions",
    text: "`verify(source, options)`.",
  },
  {
    heading: "An export as evidence",
    options: "NdjsonSourceOptions",
    text: "`ndjsonSource(chunks, options)`.",
  },
  {
    heading: "Signatures",
    options: "CheckSignaturesOptions",
    text: "`checkSignatures(note, keys, options)`.",
  },
  {
    heading: "Replaying a trail",
    options: "ReplayOptions",
    text: "`replay(entries, options)`, `replayFrom(source, options)` of `quorumlog/governance`.",
  },
  {
    heading: "A governance monitor",
    options: "GovernanceMonitorOptions",
    text: "`governanceMonitor(options)` of `quorumlog/monitor`.",
  },
];

/** Options of an error, and options that another section includes. */
const NOT_OPTIONS: ReadonlySet<string> = new Set([
  "AuditErrorOptions",
  "AuditLogProcessorOptions",
  "ExportErrorOptions",
]);

/** Types of options that are options themselves. */
const NESTED: ReadonlySet<string> = new Set(["CheckpointEvery"]);

/** Units of numbers, by the end of their names. */
const UNITS: readonly (readonly [end: RegExp, unit: string])[] = [
  [/millis$/i, "ms"],
  [/bytes$/i, "bytes"],
  [/days$/i, "days"],
];

/** Where the document of the options stands beside the pages of docs/api. */
const OPTIONS_PAGE: ApiPage = {
  path: "docs/options.md",
  file: "../options.md",
  folder: "api/",
  docs: docsOf({ kind: "Package" }),
  items: [],
};

/** The whole document. Throws if the package exports options that have no section. */
export function optionsDocument(reference: ApiReference): string {
  const items = reference.exports();
  const listed = new Set([...OPTION_SECTIONS.map(({ options }) => options), ...NOT_OPTIONS]);
  const missing = [...items]
    .filter(
      ([name, { kind }]) => /Options$/.test(name) && kind === "Interface" && !listed.has(name),
    )
    .map(([name]) => name);
  if (missing.length > 0)
    throw new Error(`OPTION_SECTIONS of scripts/options-docs.ts lacks ${missing.join(", ")}`);
  const sections = OPTION_SECTIONS.filter(({ options }) => items.has(options));
  return `${GENERATED}
# Options

All options of a log, and of everything else that takes options. A wrong value, or an option that
does not exist, is refused at once: \`AuditError\` \`invalid_options\`, with the name of the option.

${sections.map((section) => sectionOf(section, items, reference)).join("\n\n")}
`;
}

function sectionOf(
  { heading, options, text }: OptionSection,
  items: ReadonlyMap<string, ApiItem>,
  reference: ApiReference,
): string {
  const rows = rowsOf(options, items).map(([path, property]) => [
    `\`${path}${property.isOptional === true ? "?" : ""}\``,
    `${reference.type(OPTIONS_PAGE, property)}${unitOf(nameOf(property))}`,
    property.isOptional === true
      ? reference.cell(OPTIONS_PAGE, docsOf(property).defaultValue)
      : "**required**",
    reference.cell(OPTIONS_PAGE, docsOf(property).text),
  ]);
  return [
    `## ${heading}`,
    reference.prose(OPTIONS_PAGE, text),
    table(["option", "type", "default", "what it does"], rows),
  ].join("\n\n");
}

/** The options of an interface and of those it extends, unless they have a section themselves. */
function rowsOf(
  name: string,
  items: ReadonlyMap<string, ApiItem>,
  prefix = "",
): [path: string, property: ApiItem][] {
  const item = items.get(name);
  if (item === undefined) return [];
  const own = propertiesOf(item).flatMap((property): [string, ApiItem][] => {
    const path = `${prefix}${nameOf(property)}`;
    const type = typeTokensOf(property).find(({ text }) => NESTED.has(text))?.text ?? "";
    return [[path, property], ...rowsOf(type, items, `${path}.`)];
  });
  const inherited = basesOf(item).filter(
    (base) => !OPTION_SECTIONS.some(({ options }) => options === base),
  );
  return [...inherited.flatMap((base) => rowsOf(base, items, prefix)), ...own];
}

function unitOf(name: string): string {
  const unit = UNITS.find(([end]) => end.test(name))?.[1];
  return unit === undefined ? "" : `, in ${unit}`;
}
