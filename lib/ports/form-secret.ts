import type { CallOptions } from "./call";

/** A random text that all processes of the app share and no one outside knows: it signs the forms of the page. */
export interface FormSecret {
  /** Made at the first read. Throws `TransientServiceError` or `OperatorNeededError`. */
  read(options: CallOptions): Promise<string>;
}
