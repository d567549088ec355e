import { invalidEvidence } from "../errors.js";

/** The element of the evidence, as a report writes it. */
const EVIDENCE = /<script type="(?<type>[^"]*)" id="evidence">(?<text>[^<]*)<\/script>/;
/** What a browser may take for it. In our pages, no text and no value has a `<`. */
const LIKE_EVIDENCE = /<[^<>]*\bid\s*=\s*["']?evidence\b/gi;

/** The most that the evidence of a report may have, unpacked. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Takes the evidence bundle (JSON) out of the HTML of a report. Nothing is checked.
 *
 * @throws `AuditError` `invalid_evidence` if the page holds no evidence, or more than 256 MiB.
 */
export async function embeddedEvidence(html: string): Promise<string> {
  const found = EVIDENCE.exec(html);
  const { type, text } = found?.groups ?? {};
  if (found === null || type === undefined || text === undefined)
    throw invalidEvidence("report: it holds no evidence; is it a report of quorumlog?");
  // a browser must find the same: no other element, and none in a comment
  const before = html.slice(0, found.index);
  if (html.match(LIKE_EVIDENCE)?.length !== 1 || before.includes("<!--"))
    throw invalidEvidence("report: a browser could take something else for its evidence");
  return unpackedEvidence(type, text);
}

/**
 * The evidence as it stands in its element: JSON, or the base64 of JSON that gzip packed.
 *
 * @throws `AuditError` `invalid_evidence`.
 */
export async function unpackedEvidence(type: string, text: string): Promise<string> {
  if (!type.endsWith(";base64")) return text;
  try {
    const binary = atob(text);
    const packed = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) packed[at] = binary.charCodeAt(at);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return await textWithin(stream.getReader());
  } catch (cause) {
    throw invalidEvidence(
      `report: its evidence cannot be unpacked: ${(cause as Error).message || "it is damaged"}`,
    );
  }
}

/** The bytes of a packed text may be many more than those that it was packed into. */
async function textWithin(reader: {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}): Promise<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    bytes += value?.length ?? 0;
    if (bytes > MAX_BYTES) throw new RangeError(`it has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(value, { stream: !done });
    if (done) return text;
  }
}
