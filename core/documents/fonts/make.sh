#!/bin/sh
# Cuts the fonts of printed documents out of Debian's fonts-noto-core (Noto, SIL Open Font License 1.1: see OFL.txt).
# Run it to add letters: sh make.sh FOLDER_WITH_NOTO_FONTS      (needs fonttools: pip install fonttools)
#
# Latin: Western Europe, and the letters and marks of Dinka, Nuer, Bari, Zande and Shilluk.
# Arabic: Arabic, with the letters that Persian and Urdu names add. Hints are left out: paper does not need them.
set -eu
cd "$(dirname "$0")"
latin="U+0020-007E,U+00A0-017F,U+0181,U+0186,U+018A,U+018E,U+0190,U+0194,U+0198,U+01B3-01B4,U+01DD,U+0253-0254,\
U+0257,U+0259,U+025B,U+0263,U+0268-0269,U+0289,U+028A,U+02BC,U+0300-0304,U+0308,U+030C,U+0323,U+0331,\
U+1E80-1E85,U+1EBC-1EBD,U+2010-2015,U+2018-201E,U+2022,U+2026,U+2030,U+2039-203A,U+20AC,U+2116,U+2122"
arabic="U+0600-0603,U+060C,U+061B,U+061F,U+0621-063A,U+0640-0655,U+0660-066D,U+0670-0671,U+0679,U+067E,U+0686,\
U+0688,U+0691,U+0698,U+06A4,U+06A9,U+06AF,U+06BA,U+06BE,U+06C1,U+06CC,U+06D2,U+06D4,U+06F0-06F9,U+200C-200D"
for weight in Regular Bold; do
  for family in NotoSans NotoSansArabic; do
    case $family in NotoSans) letters=$latin ;; *) letters=$arabic ;; esac
    pyftsubset "$1/$family-$weight.ttf" --output-file="$family-$weight.ttf" --unicodes="$letters" \
      --layout-features="ccmp,locl,mark,mkmk,kern,isol,init,medi,fina,rlig,liga,calt,tnum" \
      --no-hinting --desubroutinize --name-IDs="0,1,2,3,4,5,6,13,14" --drop-tables+=DSIG
  done
  # Arabic letters stand lower in their square than Latin ones: drawn 8 % larger, both look alike on a line.
  python3 -c 'import sys
from fontTools.ttLib import TTFont
font = TTFont(sys.argv[1], recalcTimestamp=False)
font["head"].unitsPerEm = 920
font.save(sys.argv[1])' "NotoSansArabic-$weight.ttf"
done
