import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly data: Buffer;
}

/** 1 January 1980, the first day of the format: the same files give the same bytes on every day. */
const date = 0x0021;
const utf8Names = 0x0800;
const deflated = 8;
const formatVersion = 20;
/** Made on Unix, so that the mode below counts. */
const madeBy = (3 << 8) | formatVersion;
const readableFile = (0o100644 << 16) >>> 0;

/** The part that the entry's header and its line in the directory have in common. */
const common = (name: Buffer, data: Buffer, packed: Buffer): Buffer => {
  const part = Buffer.alloc(26);
  part.writeUInt16LE(formatVersion, 0);
  part.writeUInt16LE(utf8Names, 2);
  part.writeUInt16LE(deflated, 4);
  part.writeUInt16LE(date, 8);
  part.writeUInt32LE(crc32(data), 10);
  part.writeUInt32LE(packed.length, 14);
  part.writeUInt32LE(data.length, 18);
  part.writeUInt16LE(name.length, 22);
  return part;
};

const signed = (signature: number, ...parts: readonly Buffer[]): Buffer => {
  const first = Buffer.alloc(4);
  first.writeUInt32LE(signature);
  return Buffer.concat([first, ...parts]);
};

const directoryLine = (shared: Buffer, name: Buffer, offset: number): Buffer => {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(madeBy);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(readableFile, 6);
  rest.writeUInt32LE(offset, 10);
  return signed(0x02014b50, made, shared, rest, name);
};

/** An archive of a few small files, at its top level. */
export const zip = (entries: readonly ZipEntry[]): Buffer => {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const nameBytes = Buffer.from(name, "utf8");
    const packed = deflateRawSync(data, { level: 9 });
    const shared = common(nameBytes, data, packed);
    const file = signed(0x04034b50, shared, nameBytes, packed);
    directory.push(directoryLine(shared, nameBytes, offset));
    files.push(file);
    offset += file.length;
  }
  const lines = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(lines.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, lines, signed(0x06054b50, end)]);
};
