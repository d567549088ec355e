/** Signed votes as an app has them, made beforehand so that making them is not measured. */
export function votes(count = 50_000, proposals = 1000, voters = 500) {
  return Array.from({ length: count }, (_, i) => ({
    vote: {
      voteId: flat(`urn:pqc-gov-vote:${i.toString(16).padStart(8, "0")}`),
      proposalId: flat(`urn:pqc-gov-prop:${(i % proposals).toString(16).padStart(8, "0")}`),
      voterDid: flat(`did:pqaid:node-${(i * 7) % voters}`),
      decision: ["approve", "reject", "abstain"][i % 3],
    },
  }));
}

/** Returns the items in turn, without an end. */
export function circle(items) {
  let next = 0;
  return () => items[next++ % items.length];
}

/** Received strings are flat in memory. Strings that were put together here would be trees. */
function flat(text) {
  return Buffer.from(text).toString();
}
