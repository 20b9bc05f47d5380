import { invalid } from "../rest/errors.ts";

/** How a field is written on the wire, and what it is read as. */
type FieldType = "string" | "bytes" | "uint" | "int" | "bool" | "double" | "fixed32" | "fixed64";

/** One field of a message type; `repeated` ones come as lists, others at most once. */
export interface Field {
  readonly name: string;
  readonly type: FieldType | MessageType;
  readonly repeated?: boolean;
}

/** Field number -> field; a number that is not here is refused. */
export interface MessageType {
  readonly [number: number]: Field;
}

export type Message = Readonly<Record<string, unknown>>;

/** Wire types of the protobuf encoding (protobuf.dev/programming-guides/encoding). */
const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

const WIRE_OF: Readonly<Record<FieldType, number>> = {
  string: WIRE.delimited,
  bytes: WIRE.delimited,
  uint: WIRE.varint,
  int: WIRE.varint,
  bool: WIRE.varint,
  double: WIRE.fixed64,
  fixed64: WIRE.fixed64,
  fixed32: WIRE.fixed32,
};

/** Reads one message of a known type; throws 400 for what that type cannot hold, unknown fields included. */
export function readMessage(type: MessageType, bytes: Uint8Array): Message {
  const message: Record<string, unknown> = {};
  const reader = new WireReader(bytes);
  while (!reader.isAtEnd) {
    const tag = Number(reader.varint());
    const [number, wire] = [tag >>> 3, tag & 7];
    const field = type[number];
    if (field === undefined) throw invalid(`Unknown field ${number}`);
    if (wire !== wireOf(field)) throw invalid(`Field ${field.name} has wire type ${wire}`);
    const value = readValue(field.type, reader);
    const before = message[field.name];
    message[field.name] = field.repeated === true ? [...(Array.isArray(before) ? before : []), value] : value;
  }
  return message;
}

const wireOf = ({ type }: Field): number => (typeof type === "string" ? WIRE_OF[type] : WIRE.delimited);

function readValue(type: Field["type"], reader: WireReader): unknown {
  if (typeof type !== "string") return readMessage(type, reader.delimited());
  switch (type) {
    case "string":
      return utf8(reader.delimited());
    case "bytes":
      return Buffer.from(reader.delimited());
    case "uint":
      return Number(reader.varint());
    case "int":
      return Number(BigInt.asIntN(64, reader.varint()));
    case "bool":
      return reader.varint() !== 0n;
    case "double":
      return reader.take(8).readDoubleLE();
    case "fixed64":
      return reader.take(8).readBigUInt64LE();
    case "fixed32":
      return reader.take(4).readUInt32LE();
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("A string is not UTF-8");
  }
}

class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw invalid("The message ends in the middle of a field");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Seven bits a byte, the lowest first; ten bytes at most. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.take(1).readUInt8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw invalid("A number has more than ten bytes");
  }

  delimited(): Buffer {
    return this.take(Number(this.varint()));
  }
}
