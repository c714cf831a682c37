/** The words of a text: a short form of a long list of names. */
export const words = (text: string): readonly string[] => text.trim().split(/\s+/);
