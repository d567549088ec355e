/**
 * Replays a CSV file of votes (`id,voter,vote,start,iso`) into an audit log, oldest proposal first,
 * and prints a summary that it queries from the log, and what its trail means:
 * `npm run ts -- examples/replay-votes/index.ts PATH`.
 */
import { escapeControls } from "../shared/in-words.ts";
import { findings } from "./findings.ts";
import { readProposals } from "./read-proposals.ts";
import { replay } from "./replay.ts";
import { summary } from "./summary.ts";
import { MalformedVotes } from "./vote-row.ts";

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: npm run ts -- examples/replay-votes/index.ts PATH");
  process.exitCode = 1;
} else {
  try {
    const audit = replay(await readProposals(path), progressOn(process.stderr));
    for (const line of [...summary(audit), ...findings(audit)]) console.log(line);
    await audit.shutdown();
  } catch (error) {
    if (!(error instanceof MalformedVotes)) throw error;
    console.error(escapeControls(error.message));
    process.exitCode = 1;
  }
}

/** Shows the progress in one line of a terminal, and nothing in a file. */
function progressOn(stream: NodeJS.WriteStream): (done: number, of: number) => void {
  return (done, of) => {
    if (stream.isTTY)
      stream.write(`\rreplayed ${done} of ${of} proposals${done === of ? "\n" : ""}`);
  };
}
