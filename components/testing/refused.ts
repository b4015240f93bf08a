import assert from "node:assert/strict";
import { InputPropertiesError, InputPropertyError } from "@pulumi/pulumi";

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

/** Holds that a program is refused by one InputPropertiesError with exactly these paths. */
export async function refusedAll(
  program: () => unknown,
  propertyPaths: readonly string[],
): Promise<void> {
  await assert.rejects(
    async () => program(),
    (error) => {
      assert.ok(InputPropertiesError.isInstance(error), String(error));
      assert.deepEqual(
        error.errors.map(({ propertyPath }) => propertyPath),
        propertyPaths,
      );
      for (const { propertyPath, reason } of error.errors) {
        assert.ok(error.message.includes(`${propertyPath}: ${reason}`), error.message);
      }
      return true;
    },
  );
}
