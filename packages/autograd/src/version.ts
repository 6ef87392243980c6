// The version of this package, for the warning about two copies. A test holds it to package.json.
export const version = '0.1.0';
