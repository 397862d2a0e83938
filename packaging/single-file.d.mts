/** @returns the executable */
export function makeSingleFile(file?: string): Promise<string>;
