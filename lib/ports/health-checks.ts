import type { CallOptions } from "./call";

export type HealthAnswer =
  | { readonly kind: "answered"; readonly body: unknown }
  /** `problem` goes on the sentence "its health URL …". */
  | { readonly kind: "failed"; readonly problem: string };

/** Consumers that are asked for their health. */
export interface HealthChecks {
  /** Never throws: what went wrong is the answer. */
  ask(url: string, nonce: string, options: CallOptions): Promise<HealthAnswer>;
}
