import type { AuditEntry, EntryFields } from "../../entry/audit-entry.js";
import type { JsonValue } from "../../entry/json.js";
import type { Operation } from "../../entry/operations.js";

/** How an id is shown: as it is, or its last part. */
export type IdForm = (id: string) => string;

/** What a table says about an operation, and which details those words cover. */
interface Phrase {
  readonly covers: readonly string[];
  readonly words: (entry: EntryFields, idForm: IdForm) => string;
}

const grant: Phrase = { covers: [], words: ({ kind = "" }) => kind };

const PHRASES: ReadonlyMap<string, Phrase> = new Map<Operation, Phrase>([
  ["proposal_created", { covers: ["title"], words: ({ details }) => plain(details["title"]) }],
  [
    "vote_cast",
    {
      covers: ["vote_id"],
      words: ({ details: { vote_id: id } }, idForm) =>
        id === undefined ? "" : `vote ${idForm(plain(id))}`,
    },
  ],
  [
    "consensus_reached",
    {
      covers: [
        "reason",
        "approve_weight",
        "reject_weight",
        "abstain_weight",
        "total_weight",
        "vote_count",
      ],
      words: ({ details }) => plain(details["reason"]),
    },
  ],
  [
    "byzantine_detected",
    {
      covers: ["prior_decision", "conflicting_decision"],
      words: ({ details }) =>
        given(" then ", [plain(details["prior_decision"]), plain(details["conflicting_decision"])]),
    },
  ],
  [
    "node_added",
    {
      covers: ["name", "weight"],
      words: ({ details: { weight } }) => (weight === undefined ? "" : `weight ${plain(weight)}`),
    },
  ],
  ["authorization_granted", grant],
  ["authorization_revoked", grant],
]);

/**
 * Says what happened, beyond the columns of a table. Details that the words do not cover follow
 * with their names.
 */
export function inWords(entry: AuditEntry, idForm: IdForm): string {
  const fields: EntryFields = entry;
  const phrase = PHRASES.get(fields.operation);
  const others = Object.entries(fields.details)
    .filter(([key]) => !phrase?.covers.includes(key))
    .map(([key, value]) => `${key}: ${plain(value)}`);
  return given(", ", [phrase?.words(fields, idForm), ...others]);
}

function given(separator: string, parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join(separator);
}

function plain(value: JsonValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
