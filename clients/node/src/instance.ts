import { hostname } from "node:os";

/** The name of this process among those of an app. */
export const defaultInstance = (suffix: string | number = process.pid): string =>
  `${hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 100)}-${suffix}`;
