import { RestError } from "@azure/data-tables";

/** Stands for a key wherever an SDK error could contain one. */
export const leakedKey = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA==";

export interface AnErrorOf {
  readonly status?: number;
  readonly code?: string;
  /** Key Vault's inner code. */
  readonly innerCode?: string;
  /** The code at the place where Tables puts it. */
  readonly odataCode?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

const details = ({ innerCode, odataCode, message }: AnErrorOf): unknown => {
  if (odataCode !== undefined) return { odataError: { code: odataCode } };
  return {
    error: { code: "Forbidden", message, innerError: innerCode === undefined ? undefined : { code: innerCode } },
  };
};

/** An SDK error in the worst case: the key is in its message, its request and its response. */
export const anSdkError = (what: AnErrorOf): Error => {
  const headers = new Map(Object.entries(what.headers ?? {}));
  const error = new RestError(`it went wrong - {"primary":"${leakedKey}"}`, {
    ...(what.code === undefined ? {} : { code: what.code }),
    ...(what.status === undefined ? {} : { statusCode: what.status }),
  });
  const response = {
    status: what.status,
    headers: { get: (name: string) => headers.get(name) },
    bodyAsText: leakedKey,
  };
  return Object.assign(Object.defineProperty(error, "response", { value: response, enumerable: true }), {
    details: details(what),
    body: leakedKey,
  });
};

/** An error that is not a `RestError`, as credentials and aborts throw. */
export const aNamedError = (name: string, members: object = {}): Error =>
  Object.assign(new Error(`failed with ${leakedKey}`), { name, ...members });
