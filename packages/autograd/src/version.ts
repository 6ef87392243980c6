// What the warning about two copies tells. A test holds it to package.json.

/** The version of this package. */
export const version = '0.1.0';
