import { second, send } from "./internals";
import type { Internals, TokenSource } from "./types";

export interface Read {
  readonly version: string;
  readonly key: string;
}

const apiVersion = "api-version=7.4";

/** Public clouds: the audience is the vault's domain. Any other host is an emulator or a private name. */
const scopeOf = (secretUrl: string): string => {
  const domain = /\.(vault\.(?:azure\.net|azure\.cn|usgovcloudapi\.net))$/.exec(new URL(secretUrl).hostname)?.[1];
  return `https://${domain ?? "vault.azure.net"}/.default`;
};

/** Throws where it is no address of a secret without a version. */
export const plainSecretUrl = (given: string): string => {
  const { origin, pathname } = new URL(given);
  const [, name] = /^\/secrets\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (name === undefined) throw new TypeError("secretUrl must end in /secrets/NAME, without a version");
  return `${origin}/secrets/${name}`;
};

/** One version of a secret from the vault; `path` is empty for the newest. Null where there is none. */
export const readVersion = async (
  internals: Internals,
  credential: TokenSource,
  secretUrl: string,
  path = "",
): Promise<Read | null> => {
  const body = await get(internals, credential, secretUrl, `${secretUrl}${path}?${apiVersion}`);
  if (body === null) return null;
  const { id, value }: { id: string; value: string } = JSON.parse(body);
  return { version: id.split("/").pop() ?? "", key: value };
};

const get = async (internals: Internals, credential: TokenSource, secretUrl: string, url: string) => {
  const token = await credential.getToken(scopeOf(secretUrl));
  const headers = { authorization: `Bearer ${token?.token ?? ""}` };
  const { status, text } = await send(internals, url, { headers }, 10 * second);
  if (status === 404) return null;
  if (status !== 200) throw Object.assign(new Error("the vault"), { name: `answered ${status}` });
  return text;
};

/** The version of the secret that holds this key; the vault lists 25 versions on a page. Null for none. */
export const findVersion = async (
  internals: Internals,
  credential: TokenSource,
  secretUrl: string,
  key: string,
): Promise<Read | null> => {
  const newest = await readVersion(internals, credential, secretUrl);
  if (newest?.key === key) return newest;
  for (let url: string | null | undefined = `${secretUrl}/versions?${apiVersion}`; url; ) {
    const text = await get(internals, credential, secretUrl, url);
    const page: { value: readonly { id: string }[]; nextLink?: string | null } = JSON.parse(text ?? '{"value":[]}');
    for (const { id } of page.value) {
      const version = await readVersion(internals, credential, secretUrl, `/${id.split("/").pop()}`).catch(() => null);
      if (version?.key === key) return version;
    }
    url = page.nextLink;
  }
  return null;
};

/** The newest version. Rejects where the vault cannot be read. `urgent`: a key is refused, or there is none. */
export type SecretReader = (urgent: boolean) => Promise<Read | null>;

/**
 * The newest version of one secret, for all clients of a process: they share one call every five minutes. After a
 * refusal the vault is asked at once; where it has nothing new, the next such call waits a second, then two, up to a
 * minute, so that many refusals do not become many calls.
 */
export const secretReader = (internals: Internals, credential: TokenSource, secretUrl: string): SecretReader => {
  let last: { readonly at: number; readonly read: Promise<Read | null> } | null = null;
  let pending = false;
  let waitMs = 0;
  let newest = "";
  const { secondMs } = internals;

  const settle = (version: string, urgent: boolean): void => {
    pending = false;
    if (!urgent || (version !== "" && version !== newest)) waitMs = 0;
    else waitMs = Math.min(Math.max(waitMs * 2, secondMs), 60 * secondMs);
    if (version !== "") newest = version;
  };

  return (urgent) => {
    const now = internals.now();
    const maxAgeMs = urgent ? waitMs : 300 * secondMs;
    if (last !== null && (pending || (now >= last.at && now - last.at < maxAgeMs))) return last.read;
    pending = true;
    const read = readVersion(internals, credential, secretUrl);
    last = { at: now, read };
    read.then(
      (found) => settle(found?.version ?? "", urgent),
      () => settle("", urgent),
    );
    return read;
  };
};
