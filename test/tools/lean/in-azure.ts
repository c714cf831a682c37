import path from "node:path";

/** Between the path of a file and its place in the packages of Azure. */
const azure = /\/node_modules\/@azure\//;

/** The path in the folder of the packages of Azure; empty elsewhere. */
export const inAzure = (file: string): string => file.replaceAll(path.sep, "/").split(azure).at(-1) ?? "";
