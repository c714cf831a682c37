import { randomBytes } from "node:crypto";

/** The keys of an app: each function has one, `host` opens every function, `master` the admin routes too. */
export interface FunctionKeys {
  readonly master: string;
  readonly host: string;
  readonly functions: Readonly<Record<string, string>>;
}

export const newKey = (): string => randomBytes(32).toString("base64url");

const asStrings = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

/** `given`: JSON `{ "master"?, "host"?, "functions"?: { name: key } }`; missing keys are generated. */
export const functionKeys = (names: readonly string[], given: string | undefined): FunctionKeys => {
  const parsed: { master?: unknown; host?: unknown; functions?: unknown } =
    given === undefined ? {} : JSON.parse(given);
  const known = asStrings(parsed.functions);
  return {
    master: typeof parsed.master === "string" ? parsed.master : newKey(),
    host: typeof parsed.host === "string" ? parsed.host : newKey(),
    functions: Object.fromEntries(names.map((name) => [name, known[name] ?? newKey()])),
  };
};

/** Whether a caller with this key may use a function of this level. */
export const isAuthorized = (keys: FunctionKeys, level: string, functionName: string, key: string | null): boolean => {
  switch (level.toLowerCase()) {
    case "anonymous":
      return true;
    case "function":
      return key !== null && [keys.functions[functionName], keys.host, keys.master].includes(key);
    default:
      return key !== null && key === keys.master;
  }
};
