/** Null where the text is not an absolute URL. */
export const parseUrl = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);

/** Https; plain http only to this machine and only among emulators. */
export const isSecure = (url: URL, emulated: boolean): boolean =>
  url.protocol === "https:" || (emulated && url.protocol === "http:" && isLoopback(url));

/** Where alarms or heartbeats may be sent. */
export const isReceiver = (text: string, emulated: boolean): boolean => {
  const url = parseUrl(text);
  return url !== null && isSecure(url, emulated) && !hasUserInfo(url);
};

/** A name or password before the host: it would be sent, and shown, in places that are not for secrets. */
export const hasUserInfo = (url: URL): boolean => url.username !== "" || url.password !== "";

/** Nothing but scheme, host, port and path. */
export const isPlainBase = (url: URL): boolean => !hasUserInfo(url) && url.search === "" && url.hash === "";

/** The URL without trailing slashes, so that paths can be put behind it. */
export const withoutSlash = (url: URL): string => url.href.replace(/\/+$/, "");
