// What messages about two copies tell. A test holds it to package.json.

/** The version of this package. */
export const version = '0.1.0';
