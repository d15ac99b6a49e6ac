// Draws the charts of a report: each canvas names its entry in the JSON that stands in the page. And says of tables that
// are wider than the page that they are.
(() => {
  'use strict';
  const specs = JSON.parse(document.getElementById('charts').textContent);
  const drawn = [];
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const thousands = (value) =>
    typeof value === 'number' ? value.toLocaleString('en-US', {maximumFractionDigits: 4}) : value;

  // Six colours; the seventh series has the first one's again, and dashes.
  const SHADES = 6;
  const DASHES = [[], [6, 3], [2, 2], [10, 3, 2, 3]];

  function dataset(spec, series, index) {
    const shade = color('--series-' + (index % SHADES + 1));
    const dash = DASHES[Math.floor(index / SHADES) % DASHES.length];
    const common = {label: series.name, data: series.values, borderColor: shade, backgroundColor: shade, borderDash: dash};
    if (spec.kind === 'line') return {...common, borderWidth: 2, pointRadius: 0, pointHitRadius: 8, pointHoverRadius: 4, tension: 0};
    if (spec.kind === 'curve') return {...common, borderWidth: 2, pointRadius: series.values.length > 40 ? 0 : 2.5, pointHitRadius: 8, pointHoverRadius: 4, tension: 0};
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
    if (spec.kind === 'curve') {
      const x = axis(spec.x_title, spec.log_x, true);
      return {x: {...x, type: x.type || 'linear', beginAtZero: false}, y};
    }
    const names = axis(spec.x_title, false, false);
    if (spec.kind !== 'horizontal_bar') return {x: names, y};
    names.ticks.autoSkip = false;
    return {x: y, y: names};
  }

  function tooltip(spec) {
    return {
      callbacks: {
        ...(spec.kind === 'curve' ? {title: (items) => items.length ? (spec.x_title || 'x') + ' ' + thousands(items[0].parsed.x) : ''} : {}),
        label: (item) => {
          if (spec.kind === 'curve') return item.dataset.label + ': ' + thousands(item.parsed.y);
          const values = spec.kind === 'scatter'
            ? thousands(item.parsed.x) + ' × ' + thousands(item.parsed.y)
            : thousands(spec.kind === 'horizontal_bar' ? item.parsed.x : item.parsed.y);
          return (item.dataset.label ? item.dataset.label + ': ' : '') + values;
        },
      },
    };
  }

  // Dashed lines where something else begins, with its name at the top.
  const boundaries = (spec) => ({
    id: 'boundaries',
    afterDatasetsDraw(chart) {
      const {ctx, chartArea: area, scales: {x}} = chart;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = color('--muted');
      ctx.setLineDash([4, 4]);
      ctx.font = '11px ' + Chart.defaults.font.family;
      for (const boundary of spec.boundaries) {
        const at = x.getPixelForValue(boundary.x);
        if (!(at >= area.left - 1 && at <= area.right + 1)) continue;
        ctx.beginPath();
        ctx.moveTo(at, area.top);
        ctx.lineTo(at, area.bottom);
        ctx.stroke();
        const fits = at + ctx.measureText(boundary.name).width + 6 < area.right;
        ctx.textAlign = fits ? 'left' : 'right';
        ctx.fillText(boundary.name, at + (fits ? 4 : -4), area.top + 10);
      }
      ctx.restore();
    },
  });

  function interaction(spec) {
    if (spec.kind === 'scatter') return {mode: 'nearest', axis: 'x', intersect: true};
    if (spec.kind === 'curve') return {mode: 'nearest', axis: 'x', intersect: false};
    return {mode: 'index', axis: spec.kind === 'horizontal_bar' ? 'y' : 'x', intersect: false};
  }

  // A legend of many names takes its room from the page, not from the plot.
  const LEGEND = {row: 20, line: 34, around: 56, free: 2};
  function makeRoom(canvas, series) {
    const plot = canvas.parentElement;
    plot.style.removeProperty('--legend');
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = '12px ' + Chart.defaults.font.family;
    let rows = 1, left = plot.clientWidth;
    for (const {name} of series) {
      const width = pen.measureText(name).width + LEGEND.around;
      if (width > left && left < plot.clientWidth) { ++rows; left = plot.clientWidth; }
      left -= width;
    }
    if (rows > LEGEND.free) plot.style.setProperty('--legend', (rows - LEGEND.free) * LEGEND.row + 'px');
  }

  // A line's swatch is a piece of that line. By itself it would take after its points, which have no dashes.
  function lineLabels(chart) {
    return Chart.defaults.plugins.legend.labels.generateLabels(chart).map((label) => {
      const {borderDash, borderWidth} = chart.data.datasets[label.datasetIndex];
      return {...label, lineDash: borderDash, lineWidth: borderWidth};
    });
  }

  function legendLabels(spec) {
    const common = {color: color('--ink'), boxHeight: 12, padding: 8};
    const lines = spec.kind === 'curve' || spec.kind === 'line';
    return lines ? {...common, usePointStyle: true, pointStyle: 'line', pointStyleWidth: LEGEND.line, generateLabels: lineLabels}
                 : {...common, boxWidth: 12};
  }

  function draw(canvas) {
    const spec = specs[Number(canvas.dataset.chart)];
    const bar = spec.kind === 'bar' || spec.kind === 'horizontal_bar';
    makeRoom(canvas, spec.series);
    drawn.push(new Chart(canvas, {
      type: bar ? 'bar' : spec.kind === 'curve' ? 'line' : spec.kind,
      plugins: spec.boundaries.length > 0 ? [boundaries(spec)] : [],
      data: {labels: spec.labels, datasets: spec.series.map((series, i) => dataset(spec, series, i))},
      options: {
        animation: false,
        maintainAspectRatio: false,
        indexAxis: spec.kind === 'horizontal_bar' ? 'y' : 'x',
        interaction: interaction(spec),
        scales: scales(spec),
        plugins: {
          legend: {display: spec.series.length > 1, align: 'start', labels: legendLabels(spec)},
          tooltip: tooltip(spec),
        },
      },
    }));
  }

  // A table that has columns beyond its right edge says so, and can be scrolled by keys.
  function hint(scroll) {
    const wide = scroll.scrollWidth > scroll.clientWidth + 1;
    scroll.classList.toggle('wide', wide);
    scroll.classList.toggle('end', wide && scroll.scrollLeft + scroll.clientWidth >= scroll.scrollWidth - 1);
    if (wide) scroll.tabIndex = 0;
    else scroll.removeAttribute('tabindex');
  }

  function hintAll() {
    const sizes = new ResizeObserver((entries) => entries.forEach((entry) => hint(entry.target)));
    for (const scroll of document.querySelectorAll('.scroll')) {
      hint(scroll);
      sizes.observe(scroll);
      scroll.addEventListener('scroll', () => hint(scroll), {passive: true});
    }
  }

  function drawAll() {
    while (drawn.length > 0) drawn.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll('canvas[data-chart]')) draw(canvas);
  }

  drawAll();
  hintAll();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
})();
