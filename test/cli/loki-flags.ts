import type { FakeLoki } from "../loki/fake-loki.ts";
import { SELECTOR } from "../loki/fixtures.ts";

/** The flags that name a Loki. */
export function from({ url }: Pick<FakeLoki, "url">): string[] {
  return ["--loki", url, "--selector", SELECTOR];
}
