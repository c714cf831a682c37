import { keyOf, keyVariable, tokenFor } from "./credentials";
import { CommandError } from "./exit-codes";
import type { Secrets } from "./secrets";
import type { Surroundings } from "./surroundings";

interface Request {
  /** Whose key is sent. */
  readonly functionName: string;
  readonly method?: "GET" | "POST";
  /** Under `/api`. */
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Client {
  readonly url: string;
  /** The answer's body as text. Throws `CommandError` with the app's own words. */
  text(request: Request): Promise<string>;
  json<T>(request: Request): Promise<T>;
}

/** The app answers within 230 seconds, or the platform cuts it off. */
const timeoutMs = 240_000;

/** A failure that may pass by itself. */
export class UnavailableError extends CommandError {}

export const openClient = async (
  { fetch, env, interrupted, run }: Surroundings,
  {
    url,
    audience,
    secrets,
  }: { readonly url: string; readonly audience: string | undefined; readonly secrets: Secrets },
): Promise<Client> => {
  const wanted = audience ?? env["ROTATOR_AUDIENCE"] ?? "";
  const token = wanted === "" ? null : await tokenFor(wanted, { run }, secrets);
  const text = async (request: Request): Promise<string> => {
    const response = await send(request).catch((error: unknown) => {
      throw new UnavailableError(`${url} does not answer: ${causeOf(error)}`);
    });
    const answered = await response.text();
    if (response.ok) return answered;
    throw failureOf(request, response, answered, token !== null);
  };
  const send = ({ functionName, method = "GET", path, body, headers = {} }: Request): Promise<Response> => {
    const key = keyOf(functionName, env, secrets);
    return fetch(`${url}${path}`, {
      method,
      // A redirect leads to a sign-in page: the key is not carried there.
      redirect: "manual",
      headers: {
        accept: "application/json",
        ...(key === null ? {} : { "x-functions-key": key }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)]),
    });
  };
  return { url, text, json: async (request) => parsed(await text(request), url) };
};

/** The error's code: its message can hold the address with what was put into it. */
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code: unknown = Reflect.get(Object(cause), "code");
  if (typeof code === "string") return code;
  return cause instanceof Error ? cause.name : "no connection";
};

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the form that the app promises
const parsed = <T>(text: string, url: string): T => {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${url} answers with something else than JSON: is it the address of a rotator?`);
  }
};

interface ProblemBody {
  readonly reason?: unknown;
  readonly detail?: unknown;
  readonly problems?: readonly { readonly at: string; readonly problem: string }[];
}

const asProblem = (text: string): ProblemBody | null => {
  try {
    const body: ProblemBody | null = JSON.parse(text);
    return typeof body?.reason === "string" ? body : null;
  } catch {
    return null;
  }
};

const failureOf = ({ functionName }: Request, response: Response, text: string, signedIn: boolean): CommandError => {
  const found = asProblem(text);
  if (found !== null) {
    const places = (found.problems ?? []).map(({ at, problem }) => `\n  ${at} ${problem}`).join("");
    const message = `${String(found.reason)}: ${String(found.detail)}${places}`;
    return response.status === 503 || response.status === 429
      ? new UnavailableError(`${message}${laterText(response)}`)
      : new CommandError(message);
  }
  if (response.status === 401 || response.status === 403 || (response.status >= 300 && response.status < 400))
    return new CommandError(refusedText(functionName, response.status, signedIn));
  if (response.status === 404)
    return new CommandError(`the app has no route for ${functionName}: is it the address of a rotator, and as new?`);
  return new UnavailableError(`the app answers ${response.status} without a reason: read its log`);
};

const laterText = (response: Response): string => {
  const seconds = response.headers.get("retry-after");
  return seconds === null ? "" : ` (try again in ${seconds} s)`;
};

const refusedText = (functionName: string, status: number, signedIn: boolean): string =>
  `the app refuses the caller (${status}): set ${keyVariable(functionName)} to the key of the function ` +
  `${functionName}, or ROTATOR_KEY to one that opens all` +
  (signedIn ? "; your account must be in a group of operators" : "; where sign-in is on, set ROTATOR_AUDIENCE too");
