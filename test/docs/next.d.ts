// What the recipe for Next.js imports from other files of the app.
declare module "@/lib/audit" {
  import type { GovernanceAuditLog } from "quorumlog";
  export function audit(): GovernanceAuditLog;
}

declare module "@/lib/close-audit" {
  export function closeAuditOnSigterm(): void;
}
