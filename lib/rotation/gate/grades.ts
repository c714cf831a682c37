/**
 * What the good state of a consumer rests on, the strongest first: its instances have proven that they hold the key;
 * they have reported it; its platform shows it; the vault's audit log shows that it has read the version.
 */
export const grades = ["proof", "report", "platform", "log"] as const;

export type Grade = (typeof grades)[number];

export const isWeaker = (one: Grade, other: Grade): boolean => grades.indexOf(one) > grades.indexOf(other);

export const weakest = (one: Grade, other: Grade): Grade => (isWeaker(one, other) ? one : other);
