import type { BlockedReason } from "../../../lib/rotation/reasons";
import type { World } from "./world";

/** An answer that only an operator can change. */
export const refusal = ({ product }: World, reason: BlockedReason, operation: string, statusCode: number) =>
  new product.OperatorNeededError(reason, { operation, statusCode }, `fix ${reason}`);
