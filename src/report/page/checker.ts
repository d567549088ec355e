import { type Job, type Outcome, runJob } from "./job.js";

/** What a worker sends: how far it is, or what it came to. */
type Message = { readonly progress: number } | { readonly outcome: Outcome };

/** Runs a check in a worker that has the text of this very script, so that the page stays alive. */
export async function check(
  job: Job,
  script: string,
  onProgress: (done: number) => void,
): Promise<Outcome> {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    const worker = new Worker(url);
    try {
      return await new Promise<Outcome>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Message>) => {
          if ("outcome" in data) resolve(data.outcome);
          else onProgress(data.progress);
        };
        worker.onerror = (event) => reject(new Error(event.message || "the check stopped"));
        worker.postMessage(job);
      });
    } finally {
      worker.terminate();
    }
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The worker's side. */
export function serveChecks(): void {
  const send = (message: Message) => self.postMessage(message);
  self.onmessage = async ({ data }: MessageEvent<Job>) => {
    send({ outcome: await outcomeOf(data, (progress) => send({ progress })) });
  };
}

async function outcomeOf(job: Job, onProgress: (done: number) => void): Promise<Outcome> {
  try {
    return await runJob(job, onProgress);
  } catch (error) {
    return { error: `the check itself failed: ${error}` };
  }
}
