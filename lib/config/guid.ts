/** Digits of a GUID, in a form that can be put into other patterns. */
export const guidSource = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

const guid = new RegExp(`^${guidSource}$`);

export const isGuid = (text: string): boolean => guid.test(text);
