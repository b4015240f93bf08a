/** Text that is equal exactly for equal type and namespace. */
export const groupKey = (resourceType: string, namespace: string): string =>
  JSON.stringify([resourceType, namespace]);
