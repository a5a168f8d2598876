// The picture on the first page: a causeway at low tide, people walking to
// the middle from both ends. Drawn from the palette, so it knows day and night.

const arch = 46;
const count = 13; // the last pier stands behind the island
const west = 16; // arches beyond the left edge, for windows that are wide and low

/** Fills its box: upright beside a form, or as a low band ("band"). */
export function Scene({ band = false }: { band?: boolean }) {
  return (
    <div class="scene" aria-hidden="true">
      <svg viewBox={band ? "-360 262 1480 364" : "0 0 720 900"} preserveAspectRatio={band ? "xMidYMax slice" : "xMidYMid slice"} focusable="false">
        <defs>
          <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
            <stop offset="0" class="sky-high" />
            <stop offset="1" class="sky-low" />
          </linearGradient>
          <linearGradient id="sea" x1="0" y1="0" x2="0" y2="1">
            <stop offset="0" class="sea-far" />
            <stop offset="1" class="sea-near" />
          </linearGradient>
          <linearGradient id="beam" x1="1" y1="0" x2="0" y2="0">
            <stop offset="0" class="beam-near" />
            <stop offset="1" class="beam-far" />
          </linearGradient>
        </defs>
        <rect x="-800" width="2320" height="520" fill="url(#sky)" />
        <circle class="sun" cx="486" cy="356" r="64" />
        <path class="hill-far" d="M-800 470c90-20 190-66 300-62 96 4 150 52 240 54 90 2 170-10 260 8c70-44 128-64 196-50 58 12 84 38 148 36 74-2 112-52 192-58 76-6 128 30 184 44c70 16 130-34 220-40 120-8 240 40 580 44v90H-800z" />
        <path class="hill-near" d="M-800 500c120-30 240-40 360-26 140 16 300 50 440 32c60-24 120-34 176-24 60 10 92 26 160 26h384c80 0 150-22 240-24 120-2 200 24 400 24v30H-800z" />
        <rect x="-800" y="500" width="2320" height="400" fill="url(#sea)" />
        <Glitter />
        <Road />
        <Walkers />
        <Island />
        <g class="flats">
          <path d="M-800 742h790c120-26 214-22 300-4 60 12 92 30 176 26 84-4 160-34 264-30v176H-10z" />
          <path class="flats-near" d="M-800 820h790c90-22 190-16 280 4 96 22 170 34 264 20 76-12 130-30 196-26v90H-10z" />
        </g>
        <g class="ripples">
          <path d="M60 690h70 M168 690h24 M250 664h92 M420 690h40 M508 676h110 M96 716h36 M566 716h60" />
        </g>
      </svg>
    </div>
  );
}

function Glitter() {
  const lanes = [[470, 26], [500, 44], [456, 60], [508, 30], [476, 74], [446, 36], [520, 52]] as const;
  return (
    <g class="glitter">
      {lanes.map(([x, w], i) => <rect key={i} x={x - w / 2} y={514 + i * 13} width={w} height="4" rx="2" />)}
    </g>
  );
}

// Deck and arches as one shape: the arches are cut out of the wall.
function Road() {
  const start = -west * arch;
  let d = `M${start} 560H${count * arch + 20}v46`;
  for (let i = count - 1; i >= -west; i--) {
    const right = (i + 1) * arch - 6;
    d += `H${right}a17 17 0 0 0-34 0`;
  }
  return (
    <g class="road">
      <path d={`${d}H${start}z`} />
      <path class="road-edge" d={`M${start} 560H620`} />
      <g class="mirror"><path d="M-300 612h1180 M-200 622h120 M30 620h110 M180 620h60 M300 620h150 M520 620h90" /></g>
    </g>
  );
}

function Island() {
  return (
    <g class="island">
      <path d="M536 606c10-34 30-44 46-56 16-14 26-28 46-32 34-6 66 2 104 6 40 6 64 26 84 46 14 14 20 26 30 36z" />
      <path class="house" d="M610 520v-24l15-13 15 13v24z M646 524v-34l18-15 18 15v34z" />
      <path class="tower" d="M690 522l4-92h14l4 92z M690 430h22v-6h-22z M694 424v-14h14v14z M692 410l9-9 9 9z" />
      <rect class="lamp" x="696" y="411" width="10" height="12" rx="1" />
      <path class="beam" d="M696 414 420 378v68l276-23z" fill="url(#beam)" />
      <path class="window" d="M622 503h6v8h-6z M656 500h6v8h-6z M667 500h6v8h-6z" />
    </g>
  );
}

function Walkers() {
  const people: readonly [number, string][] = [[182, "a"], [204, "b"], [386, "c"], [436, "d"], [458, "e"]];
  return (
    <g class="walkers">
      {people.map(([x, tone]) => (
        <g key={x} class={`walker-${tone}`}>
          <circle cx={x} cy="533" r="5.4" />
          <path d={`M${x - 6} 560v-14a6 6 0 0 1 12 0v14z`} />
        </g>
      ))}
    </g>
  );
}
