// Draws the charts of a report: each canvas names its entry in the JSON that stands in the page.
(() => {
  'use strict';
  const specs = JSON.parse(document.getElementById('charts').textContent);
  const drawn = [];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const thousands = (value) =>
    typeof value === 'number' ? value.toLocaleString('en-US', {maximumFractionDigits: 4}) : value;

  function dataset(spec, series, index) {
    const shade = color('--series-' + (index % 6 + 1));
    const common = {label: series.name, data: series.values, borderColor: shade, backgroundColor: shade};
    if (spec.kind === 'line') return {...common, borderWidth: 2, pointRadius: 0, pointHitRadius: 8, pointHoverRadius: 4, tension: 0};
    if (spec.kind === 'scatter') return {...common, backgroundColor: shade + '80', borderWidth: 0, pointRadius: 2.5, pointHoverRadius: 5};
    return {...common, borderWidth: 0, borderRadius: 3, maxBarThickness: 56, categoryPercentage: 0.9, barPercentage: 0.85};
  }

  function axis(title, log, values) {
    return {
      ...(log ? {type: 'logarithmic'} : {}),
      beginAtZero: values && !log,
      title: {display: title !== '', text: title, color: color('--muted')},
      grid: {color: color('--grid'), drawBorder: false, display: values},
      ticks: values ? {color: color('--muted'), maxTicksLimit: 8, callback: thousands}
                    : {color: color('--muted'), autoSkip: true, maxRotation: 60},
    };
  }

  function scales(spec) {
    const y = axis(spec.y_title, spec.log_y, true);
    if (spec.kind === 'scatter') return {x: axis(spec.x_title, spec.log_x, true), y};
    const names = axis(spec.x_title, false, false);
    if (spec.kind !== 'horizontal_bar') return {x: names, y};
    names.ticks.autoSkip = false;
    return {x: y, y: names};
  }

  function tooltip(spec) {
    return {
      callbacks: {
        label: (item) => {
          const values = spec.kind === 'scatter'
            ? thousands(item.parsed.x) + ' × ' + thousands(item.parsed.y)
            : thousands(spec.kind === 'horizontal_bar' ? item.parsed.x : item.parsed.y);
          return (item.dataset.label ? item.dataset.label + ': ' : '') + values;
        },
      },
    };
  }

  function draw(canvas) {
    const spec = specs[Number(canvas.dataset.chart)];
    const bar = spec.kind === 'bar' || spec.kind === 'horizontal_bar';
    drawn.push(new Chart(canvas, {
      type: bar ? 'bar' : spec.kind,
      data: {labels: spec.labels, datasets: spec.series.map((series, i) => dataset(spec, series, i))},
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: spec.kind === 'horizontal_bar' ? 'y' : 'x',
        interaction: {mode: spec.kind === 'scatter' ? 'nearest' : 'index', axis: spec.kind === 'horizontal_bar' ? 'y' : 'x', intersect: spec.kind === 'scatter'},
        scales: scales(spec),
        plugins: {
          legend: {display: spec.series.length > 1, align: 'start', labels: {color: color('--ink'), boxWidth: 12, boxHeight: 12}},
          tooltip: tooltip(spec),
        },
      },
    }));
  }

  function drawAll() {
    while (drawn.length > 0) drawn.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll('canvas[data-chart]')) draw(canvas);
  }

  drawAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
})();
