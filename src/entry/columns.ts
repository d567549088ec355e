import * as semconv from "../semconv.js";

/** A column of an entry, by its name in the API: in entries, events and queries. */
export type ColumnName =
  | "operation"
  | "proposalId"
  | "subjectId"
  | "kind"
  | "actorDid"
  | "decision";

/** A column, by its flag of the command line, without the dashes. */
export type ColumnFlag = "operation" | "proposal" | "subject" | "kind" | "actor" | "decision";

/** One column, under every name that it has. */
export interface Column {
  readonly name: ColumnName;
  /** Key in the canonical line, in exports and in CSV; also the column of the journal's tables. */
  readonly key: string;
  /** Attribute of the log record. In Loki its dots are underscores. */
  readonly attribute: string;
  readonly flag: ColumnFlag;
  /** What the flag's value stands for, in the help. */
  readonly placeholder: string;
  /** What the column holds, in the help. */
  readonly about: string;
  /** Whether queries can name it, and memory and journal keep an index of its values. */
  readonly indexed: boolean;
  /**
   * Whether the reference implementation's export has the key. `exportJson` then writes `null`
   * where an entry lacks the column. It leaves out any other column that an entry lacks.
   */
  readonly inReference: boolean;
}

/**
 * The one table of columns, in the order in which outputs show them. What is not hot is made from
 * it. The hot paths spell the columns out: `canonicalLeaf` and `readLine`, `validEvent`,
 * `sealEntry`, `writeSeal` and `MemoryStore`. `test/entry/columns.test.ts` holds them to this
 * table.
 */
export const COLUMNS: readonly Column[] = [
  {
    name: "operation",
    key: "operation",
    attribute: semconv.ATTR_GOVERNANCE_OPERATION,
    flag: "operation",
    placeholder: "NAME",
    about: "operation, such as vote_cast",
    indexed: true,
    inReference: true,
  },
  {
    name: "proposalId",
    key: "proposal_id",
    attribute: semconv.ATTR_GOVERNANCE_PROPOSAL_ID,
    flag: "proposal",
    placeholder: "ID",
    about: "proposal",
    indexed: true,
    inReference: true,
  },
  {
    name: "subjectId",
    key: "subject_id",
    attribute: semconv.ATTR_GOVERNANCE_SUBJECT_ID,
    flag: "subject",
    placeholder: "ID",
    about: "model, agent, policy or node",
    indexed: true,
    inReference: true,
  },
  {
    name: "kind",
    key: "kind",
    attribute: semconv.ATTR_GOVERNANCE_KIND,
    flag: "kind",
    placeholder: "KIND",
    about: "kind of proposal, such as authorize-model",
    indexed: true,
    inReference: true,
  },
  {
    name: "actorDid",
    key: "actor_did",
    attribute: semconv.ATTR_GOVERNANCE_ACTOR_DID,
    flag: "actor",
    placeholder: "DID",
    about: "proposer, voter, signer or node",
    indexed: true,
    inReference: true,
  },
  {
    name: "decision",
    key: "decision",
    attribute: semconv.ATTR_GOVERNANCE_DECISION,
    flag: "decision",
    placeholder: "WORD",
    about: "decision, such as approve or passed",
    indexed: true,
    inReference: true,
  },
];

/** The columns that an entry may lack: all but the operation. */
export type OptionalColumn = Exclude<ColumnName, "operation">;

/** The same as a list. */
export const OPTIONAL_COLUMNS: readonly (Column & { readonly name: OptionalColumn })[] =
  COLUMNS.filter((column) => column.name !== "operation") as (Column & {
    readonly name: OptionalColumn;
  })[];

/** The columns that a query can name. */
export const INDEXED_COLUMNS: readonly Column[] = COLUMNS.filter(({ indexed }) => indexed);
