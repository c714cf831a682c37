import { findNodeAtLocation, type Node, parseTree } from "jsonc-parser";

/** Counted from 1, as editors do. */
interface Place {
  readonly line: number;
  readonly column: number;
}

const placeOf = (text: string, offset: number): Place => {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1) ?? "").length + 1 };
};

const segmentsOf = (pointer: string): readonly string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

const childOf = (node: Node, segment: string): Node | undefined =>
  findNodeAtLocation(node, [node.type === "array" ? Number(segment) : segment]);

/**
 * Where a JSON pointer leads in a text that `parseJsonc` has read. What is missing has the place of what should hold
 * it; a member has that of its name.
 */
export const placeOfPointer = (text: string, pointer: string): Place => {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root === undefined) return { line: 1, column: 1 };
  let node = root;
  for (const segment of segmentsOf(pointer)) {
    const child = childOf(node, segment);
    if (child === undefined) break;
    node = child;
  }
  const member = node.parent?.type === "property" ? node.parent : node;
  return placeOf(text, member.offset);
};
