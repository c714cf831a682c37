import type { CallOptions } from "./call";

/** What the rotator's own identity may do. */
export interface Permissions {
  /**
   * The identity's object id; null where its token does not say. Throws `TransientServiceError` or
   * `OperatorNeededError` where it gets no token.
   */
  principalId(options: CallOptions): Promise<string | null>;
  /** Whether a role assignment grants the action on the resource; null where that cannot be read. */
  allows(resourceId: string, action: string, options: CallOptions): Promise<boolean | null>;
}
