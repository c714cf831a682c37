import { crc32, deflateSync, inflateSync } from "node:zlib";

const header = 8;

interface Chunk {
  readonly type: string;
  readonly content: Buffer;
}

const chunksOf = (png: Buffer): readonly Chunk[] => {
  const found: Chunk[] = [];
  for (let at = header; at < png.length; ) {
    const length = png.readUInt32BE(at);
    found.push({ type: png.toString("latin1", at + 4, at + 8), content: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return found;
};

const written = ({ type, content }: Chunk): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
};

/** The same picture with its pixels compressed as far as zlib can: a browser compresses them in a hurry. */
export const smallPng = (png: Buffer): Buffer => {
  const chunks = chunksOf(png);
  const pixels = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ content }) => content)));
  const small: Chunk = { type: "IDAT", content: deflateSync(pixels, { level: 9, memLevel: 9 }) };
  const ofType = (name: string) => chunks.filter(({ type }) => type === name);
  return Buffer.concat([png.subarray(0, header), ...[...ofType("IHDR"), small, ...ofType("IEND")].map(written)]);
};
