import type { Route } from "../routes";
import { type Answer, headerOf, jsonAnswer, type WireRequest } from "../wire";

/** One operation of a resource provider behind Resource Manager. */
export interface PlatformOperation {
  readonly route: Route;
  /** The right that it needs, as in a role definition. */
  readonly action: string;
  readonly scope: string;
  readonly subscription: string;
  readonly kind: "reads" | "writes";
  /** The name of the resource. */
  readonly subject: string;
  readonly answer: () => Answer;
}

/** A resource provider: the operation of a request, or null where it is not its own. */
export interface ArmPlatform {
  operationOf(request: WireRequest): PlatformOperation | null;
}

const skipToken = "$skipToken";

/** One page of a list as Resource Manager cuts it, with the link to the next one. */
export const listPage = (request: WireRequest, values: readonly unknown[], pageSize: number): Answer => {
  const from = Number(request.query.get(skipToken) ?? 0);
  const next = from + pageSize;
  const query = `api-version=${request.query.get("api-version") ?? ""}&${skipToken}=${next}`;
  const nextLink = `https://${headerOf(request, "host") ?? ""}${request.path}?${query}`;
  return jsonAnswer(200, { value: values.slice(from, next), ...(next < values.length ? { nextLink } : {}) });
};
