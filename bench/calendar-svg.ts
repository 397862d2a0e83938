// The calendar as a picture: a bar for the renewals of each day, and marks for what happened.

export interface Day {
  readonly at: number;
  renewals: number;
  /** Orders. */
  mostInThreeHours: number;
}

export interface Mark {
  readonly at: number;
  /** Absent: a moment. */
  readonly to?: number;
  readonly text: string;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [1200, 320, 60, 40, 40];

export function drawn(days: readonly Day[], marks: readonly Mark[]): string {
  const [from, to] = [days[0]?.at ?? 0, (days.at(-1)?.at ?? 0) + 86_400];
  const most = Math.max(1, ...days.map(({ renewals }) => renewals));
  const x = (at: number): number => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - 10);
  const y = (count: number): number =>
    HEIGHT - BOTTOM - (Math.sqrt(count) / Math.sqrt(most)) * (HEIGHT - BOTTOM - TOP);
  const bars = days.map(({ at, renewals }) => {
    const [left, top] = [x(at).toFixed(1), y(renewals).toFixed(1)];
    const title = `<title>${date(at)}: ${renewals}</title>`;
    const size = `width="1.8" height="${(HEIGHT - BOTTOM - y(renewals)).toFixed(1)}"`;
    return `<rect x="${left}" y="${top}" ${size} fill="#3b6ea5">${title}</rect>`;
  });
  const lines = [0, 100, 300, 1000, 3000].filter((count) => count <= most);
  const grid = lines.map(
    (count) =>
      `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(count)}" y2="${y(count)}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y(count) + 4}" text-anchor="end">${count}</text>`,
  );
  const months = days
    .filter(({ at }) => date(at).endsWith('-01'))
    .map(({ at }) => `<text x="${x(at)}" y="${HEIGHT - 20}">${date(at).slice(0, 7)}</text>`);
  const drawnMarks = marks.map(({ at, to = at, text }) => {
    const width = Math.max(1, x(to) - x(at)).toFixed(1);
    const area = `<rect x="${x(at).toFixed(1)}" y="${TOP}" width="${width}" height="${HEIGHT - BOTTOM - TOP}" fill="#c0392b" fill-opacity="0.4"/>`;
    return `${area}<text x="${x(at).toFixed(1)}" y="${TOP - 8}" text-anchor="middle">${text}</text>`;
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`;
  const label = `<text x="${LEFT}" y="16">renewals on each day (square root scale)</text>`;
  return [head, label, ...grid, ...bars, ...months, ...drawnMarks, '</svg>\n'].join('\n');
}

function date(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 10);
}
