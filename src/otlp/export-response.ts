import { isObject, parseObject } from "../entry/json.js";

/** What an `ExportLogsServiceResponse` says (`logs_service.proto`). */
export interface ExportResponse {
  /** How many records of the request the server refused. */
  readonly rejected: number;
  /** Why. The server wrote it, so it is not safe to show as it is. */
  readonly message: string;
}

const NOTHING_REFUSED: ExportResponse = { rejected: 0, message: "" };

/** What a server that refuses records says if it gives no reason. */
const NO_REASON = "no reason given";

/**
 * Reads the body of a 2xx answer to an export, as JSON or as protobuf, by its content type. Where
 * that names neither, the body decides. An empty body refuses nothing: Loki answers so.
 *
 * @returns Undefined for a body that is not an `ExportLogsServiceResponse`. Never throws.
 */
export function exportResponseOf(
  contentType: string | undefined,
  body: Uint8Array,
): ExportResponse | undefined {
  if (body.length === 0) return NOTHING_REFUSED;
  switch (encodingOf(contentType)) {
    case "protobuf":
      return protobufResponse(body);
    case "json":
      return jsonResponse(body);
    default:
      // text could be mistaken for a protobuf message of unknown fields, but not after this tag
      return (
        jsonResponse(body) ?? (body[0] === PARTIAL_SUCCESS ? protobufResponse(body) : undefined)
      );
  }
}

/**
 * The text of an answer that is no 2xx, to be shown. OTLP wants a `google.rpc.Status` there, and
 * its message is the text if it comes as protobuf. Anything else is text already.
 */
export function faultOf(contentType: string | undefined, body: Uint8Array): string {
  const status = encodingOf(contentType) === "protobuf" ? fieldsOf(body) : undefined;
  return utf8.decode(status?.findLast(({ tag }) => tag === STATUS_MESSAGE)?.bytes ?? body).trim();
}

function encodingOf(contentType: string | undefined): "protobuf" | "json" | undefined {
  switch (contentType?.split(";", 1)[0]?.trim().toLowerCase()) {
    case "application/x-protobuf":
    case "application/protobuf":
      return "protobuf";
    case "application/json":
      return "json";
    default:
      return undefined;
  }
}

/**
 * The JSON mapping of protobuf allows two spellings of a name, and writes a 64-bit integer as a
 * string. Some servers write it as a number. Unknown fields are ignored.
 */
function jsonResponse(body: Uint8Array): ExportResponse | undefined {
  const text = Buffer.from(body).toString("utf8").trim();
  if (text === "") return NOTHING_REFUSED;
  const answer = parseObject(text);
  if (answer === undefined) return undefined;
  const partial = answer["partialSuccess"] ?? answer["partial_success"];
  if (partial === undefined || partial === null) return NOTHING_REFUSED;
  if (!isObject(partial)) return undefined;
  const rejected = countOf(partial["rejectedLogRecords"] ?? partial["rejected_log_records"] ?? 0);
  if (rejected === undefined) return undefined;
  const message = partial["errorMessage"] ?? partial["error_message"];
  return { rejected, message: typeof message === "string" && message !== "" ? message : NO_REASON };
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

// Tags of logs_service.proto: the number of the field, times eight, plus how its value is written.
const PARTIAL_SUCCESS = 0x0a;
const REJECTED_LOG_RECORDS = 0x08;
const ERROR_MESSAGE = 0x12;
// and of google/rpc/status.proto
const STATUS_MESSAGE = 0x12;

/**
 * A field that comes twice is merged, as protobuf demands. A known field whose value is written in
 * another way is not OTLP.
 */
function protobufResponse(body: Uint8Array): ExportResponse | undefined {
  let found = NOTHING_REFUSED;
  const answer = fieldsOf(body);
  for (const { tag, bytes } of answer ?? []) {
    if (tag >>> 3 !== 1) continue;
    if (tag !== PARTIAL_SUCCESS) return undefined;
    const partial = fieldsOf(bytes);
    if (partial === undefined) return undefined;
    let { rejected, message } = found;
    if (message === "") message = NO_REASON;
    for (const { tag, integer, bytes } of partial) {
      if (tag === REJECTED_LOG_RECORDS) rejected = integer;
      else if (tag === ERROR_MESSAGE) message = utf8.decode(bytes) || NO_REASON;
      else if (tag >>> 3 <= 2) return undefined;
    }
    found = { rejected, message };
  }
  // a negative count is a very large one here
  return answer !== undefined && Number.isSafeInteger(found.rejected) ? found : undefined;
}

const utf8 = new TextDecoder();

interface Field {
  readonly tag: number;
  /** The value of an integer. Not exact above 2^53. */
  readonly integer: number;
  /** The value of text, bytes or a message. */
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array();
const MAX_TAG = 2 ** 32 - 1;

/**
 * Takes a protobuf message apart (protobuf.dev, "Encoding"). Undefined if it is cut, overlong, or
 * has a group: those are deprecated.
 */
function fieldsOf(message: Uint8Array): Field[] | undefined {
  const fields: Field[] = [];
  let position = 0;
  /** An integer of seven bits a byte. `NaN` if it does not end, or is longer than 64 bits. */
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = message[position++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (position < message.length) {
    const tag = varint();
    if (!(tag >= 8 && tag <= MAX_TAG)) return undefined; // field numbers start at 1
    let integer = 0;
    let length = 0;
    switch (tag & 7) {
      case 0:
        integer = varint();
        break;
      case 1:
        length = 8;
        break;
      case 2:
        length = varint();
        break;
      case 5:
        length = 4;
        break;
      default:
        return undefined;
    }
    const end = position + length;
    if (!(end <= message.length) || Number.isNaN(integer)) return undefined;
    fields.push({ tag, integer, bytes: length === 0 ? NO_BYTES : message.subarray(position, end) });
    position = end;
  }
  return fields;
}
