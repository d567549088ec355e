import type { GovernanceNode } from "quorumlog";

const node = (name: string, weight: number): GovernanceNode => ({
  did: `did:pqaid:${name}`,
  name,
  weight,
});

/** The federation of the examples: five nodes. The vote of dave has weight 2, all others have 1. */
export const alice = node("alice", 1);
export const bob = node("bob", 1);
export const carol = node("carol", 1);
export const dave = node("dave", 2);
export const eve = node("eve", 1);
export const FEDERATION: readonly GovernanceNode[] = [alice, bob, carol, dave, eve];
