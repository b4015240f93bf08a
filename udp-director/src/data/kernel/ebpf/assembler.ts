/**
 * Instructions of eBPF, as `bpf(BPF_PROG_LOAD)` takes them: 8 bytes each, a wide load two of them.
 * Source: RFC 9669, "BPF Instruction Set Architecture".
 */

/** Registers: 0 is what functions return, 1 to 5 are their arguments, 6 to 9 outlive a call, 10 is the frame. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Bytes that a load or store moves, and its code. */
const SIZES = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
export type Size = keyof typeof SIZES;

const OPERATIONS = {
  ...{ add: 0x00, sub: 0x10, or: 0x40, and: 0x50, lsh: 0x60, rsh: 0x70, xor: 0xa0, mov: 0xb0 },
} as const;
/** 64-bit arithmetic; `mov32` and the like clear the upper half. */
export type Operation = keyof typeof OPERATIONS;

const CONDITIONS = { "==": 0x10, ">": 0x20, "!=": 0x50, "<=": 0xb0 } as const;
/** Comparisons of unsigned 64-bit numbers. */
export type Condition = keyof typeof CONDITIONS;

const LOAD = 0x61;
const STORE_IMMEDIATE = 0x62;
const STORE = 0x63;
const LOAD_WIDE = 0x18;
const ALU64 = 0x07;
const ALU32 = 0x04;
const TO_BIG_ENDIAN = 0xdc;
const JUMP = 0x05;
const GOTO = 0x05;
const CALL = 0x85;
const EXIT = 0x95;
/** The second operand is a register. */
const REGISTER = 0x08;
/** What the number of a wide load is: a map's descriptor, or that and a place in its only element. */
const MAP = 1;
const MAP_VALUE = 2;

/** A register, or a 32-bit number that is extended by its sign. */
export type Operand = { readonly register: Register } | number;
export const reg = (register: Register): Operand => ({ register });

const INSTRUCTION_BYTES = 8;

/** Writes a program, one instruction a call. Labels may be used before they are set. */
export class Assembler {
  readonly #code: number[][] = [];
  readonly #labels = new Map<string, number>();
  readonly #jumps: { readonly at: number; readonly label: string }[] = [];

  /** Instructions so far. */
  get length(): number {
    return this.#code.length;
  }

  /** Sets a label here. Throws where it is set already. */
  label(name: string): this {
    if (this.#labels.has(name)) throw new Error(`label ${name} is set twice`);
    this.#labels.set(name, this.#code.length);
    return this;
  }

  load(size: Size, to: Register, from: Register, offset: number): this {
    return this.#emit(LOAD | SIZES[size], to, from, offset, 0);
  }

  store(size: Size, to: Register, offset: number, value: Operand): this {
    return typeof value === "number"
      ? this.#emit(STORE_IMMEDIATE | SIZES[size], to, 0, offset, value)
      : this.#emit(STORE | SIZES[size], to, value.register, offset, 0);
  }

  /** `to` = `to` operation `value`. */
  alu(operation: Operation, to: Register, value: Operand): this {
    return this.#alu(ALU64, operation, to, value);
  }

  /** The same with the lower halves; the upper half becomes 0. */
  alu32(operation: Operation, to: Register, value: Operand): this {
    return this.#alu(ALU32, operation, to, value);
  }

  /** Turns the lower 16 bits from network order into the machine's, or back, and clears the rest. */
  swap16(register: Register): this {
    return this.#emit(TO_BIG_ENDIAN, register, 0, 0, 16);
  }

  /** A map as an argument of functions. */
  map(to: Register, descriptor: number): this {
    return this.#wide(to, MAP, descriptor, 0);
  }

  /** The only element of an array, without a call. */
  mapValue(to: Register, descriptor: number, offset = 0): this {
    return this.#wide(to, MAP_VALUE, descriptor, offset);
  }

  /** To `label` where the comparison holds. */
  jump(left: Register, condition: Condition, right: Operand, label: string): this {
    this.#jumps.push({ at: this.#code.length, label });
    const code = JUMP | CONDITIONS[condition];
    return typeof right === "number"
      ? this.#emit(code, left, 0, 0, right)
      : this.#emit(code | REGISTER, left, right.register, 0, 0);
  }

  goto(label: string): this {
    this.#jumps.push({ at: this.#code.length, label });
    return this.#emit(GOTO, 0, 0, 0, 0);
  }

  /** A function of the kernel by its number in `enum bpf_func_id`. */
  call(helper: number): this {
    return this.#emit(CALL, 0, 0, 0, helper);
  }

  exit(): this {
    return this.#emit(EXIT, 0, 0, 0, 0);
  }

  /** The program. Throws where a label is missing, or too far for a jump. */
  bytes(): Buffer {
    for (const { at, label } of this.#jumps) {
      const target = this.#labels.get(label);
      if (target === undefined) throw new Error(`label ${label} is not set`);
      const offset = target - at - 1;
      if (offset < -0x8000 || offset > 0x7fff) throw new Error(`label ${label} is too far away`);
      const [code = 0, registers = 0, , number = 0] = this.#code[at] ?? [];
      this.#code[at] = [code, registers, offset, number];
    }
    const made = Buffer.alloc(this.#code.length * INSTRUCTION_BYTES);
    for (const [index, [code = 0, registers = 0, offset = 0, number = 0]] of this.#code.entries()) {
      const at = index * INSTRUCTION_BYTES;
      made.writeUInt8(code, at);
      made.writeUInt8(registers, at + 1);
      made.writeInt16LE(offset, at + 2);
      made.writeInt32LE(number | 0, at + 4);
    }
    return made;
  }

  #alu(kind: number, operation: Operation, to: Register, value: Operand): this {
    const code = kind | OPERATIONS[operation];
    return typeof value === "number"
      ? this.#emit(code, to, 0, 0, value)
      : this.#emit(code | REGISTER, to, value.register, 0, 0);
  }

  #wide(to: Register, what: number, descriptor: number, upper: number): this {
    this.#emit(LOAD_WIDE, to, what as Register, 0, descriptor);
    return this.#emit(0, 0, 0, 0, upper);
  }

  #emit(code: number, to: Register, from: Register, offset: number, number: number): this {
    this.#code.push([code, (from << 4) | to, offset, number]);
    return this;
  }
}
