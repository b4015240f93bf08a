import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembler, reg } from "./assembler.ts";

const hex = (code: Assembler) =>
  code
    .bytes()
    .toString("hex")
    .replaceAll(/(.{16})(?!$)/g, "$1 ");

test("writes instructions as RFC 9669 has them", () => {
  const code = new Assembler()
    .alu("mov", 6, reg(1))
    .alu("mov", 0, -1)
    .alu32("add", 2, 0xfffe)
    .load(1, 3, 7, 22)
    .load(8, 3, 10, -24)
    .store(2, 10, -4, reg(3))
    .store(4, 9, 44, 7)
    .swap16(1)
    .call(69)
    .exit();
  assert.equal(
    hex(code),
    [
      ...["bf16000000000000", "b7000000ffffffff", "04020000feff0000", "7173160000000000"],
      ...["79a3e8ff00000000", "6b3afcff00000000", "62092c0007000000", "dc01000010000000"],
      ...["8500000045000000", "9500000000000000"],
    ].join(" "),
  );
});

test("a map takes two instructions, and so does a place in its only element", () => {
  assert.equal(hex(new Assembler().map(1, 5)), "1811000005000000 0000000000000000");
  assert.equal(hex(new Assembler().mapValue(2, 5, 8)), "1822000005000000 0000000008000000");
});

test("jumps go to labels before and behind them", () => {
  const code = new Assembler()
    .label("again")
    .jump(1, "!=", 3, "end")
    .jump(1, "<=", reg(2), "again")
    .goto("again")
    .label("end")
    .exit();
  assert.equal(hex(code), "5501020003000000 bd21feff00000000 0500fdff00000000 9500000000000000");
});

test("a label that is missing or set twice is a mistake of the program", () => {
  assert.throws(() => new Assembler().goto("nowhere").bytes(), /label nowhere is not set/);
  assert.throws(() => new Assembler().label("a").label("a"), /label a is set twice/);
  const far = new Assembler().goto("far");
  for (let n = 0; n < 0x8000; n++) far.exit();
  assert.throws(() => far.label("far").bytes(), /label far is too far away/);
});
