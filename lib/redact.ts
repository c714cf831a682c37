/** What a Batch key looks like: base64 of 64 bytes, wherever it stands. */
const keyLike = /[A-Za-z0-9+/]{86,}={0,2}/g;

/** Free text that somebody sent: it is stored and shown, so anything in it that looks like a key is taken out. */
export const withoutKeys = (text: string): string => text.replace(keyLike, "[removed: looks like a key]");
