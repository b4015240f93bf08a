/** Bytes before a record's address and payload; `struct record` of native/ring.h. */
const HEADER_BYTES = 12;

/** Who hears of records. Payloads are copies that are handed over. */
export interface RecordReader {
  client(listener: number, address: string, port: number, payload: Buffer): void;
  backend(flow: number, payload: Buffer): void;
}

/** Reads the records in the first `used` bytes, in the order in which they were received. */
export function readRecords(buffer: Buffer, used: number, reader: RecordReader): void {
  for (let at = 0; at < used; ) {
    const length = buffer.readUInt32LE(at);
    const id = buffer.readUInt32LE(at + 4);
    const port = buffer.readUInt16LE(at + 8);
    const fromBackend = buffer[at + 10] === 1;
    const address = at + HEADER_BYTES;
    const payload = address + (buffer[at + 11] ?? 0);
    const copy = Buffer.from(buffer.subarray(payload, payload + length));
    if (fromBackend) reader.backend(id, copy);
    else reader.client(id, buffer.toString("latin1", address, payload), port, copy);
    at = payload + length;
  }
}
