import assert from "node:assert/strict";
import { InputPropertyError } from "@pulumi/pulumi";

/** Holds that a program is refused by an InputPropertyError with this path and reason. */
export async function refused(
  program: () => unknown,
  propertyPath: string,
  reason: RegExp,
): Promise<void> {
  await assert.rejects(
    async () => program(),
    (error) => {
      assert.ok(InputPropertyError.isInstance(error), String(error));
      assert.equal(error.propertyPath, propertyPath);
      assert.match(error.reason, reason);
      return true;
    },
  );
}
