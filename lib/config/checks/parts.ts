import type { z } from "zod";

export type Path = readonly PropertyKey[];
export type Report = (path: Path, problem: string) => void;

/** The value where it has the right form, else null. */
export const valid = <T>(schema: z.ZodType<T>, value: unknown): T | null => schema.safeParse(value).data ?? null;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
