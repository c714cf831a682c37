/** The form of a Batch key: base64 of 64 bytes, wherever it stands. */
const keyLike = /[A-Za-z0-9+/]{86,}={0,2}/g;

/** Free text that was sent: it is stored and shown, so anything in it with the form of a key is removed. */
export const withoutKeys = (text: string): string => text.replace(keyLike, "[removed: looks like a key]");
