/*
 * Written by scripts/windows-zones.ts from supplemental/windowsZones of the Unicode CLDR
 * (cldr-core 48.2.0, Unicode License v3). A line each: the name in Windows, of which "Standard Time" is
 * left out, or which ends with a "!" where it has no such end; then its IANA zones, of which the first
 * stands for all.
 */
export const WINDOWS_ZONES = `
Afghanistan|Asia/Kabul
Alaskan|America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat
Aleutian|America/Adak
Altai|Asia/Barnaul
Arab|Asia/Riyadh Asia/Bahrain Asia/Kuwait Asia/Qatar Asia/Aden
Arabian|Asia/Dubai Asia/Muscat
Arabic|Asia/Baghdad
Argentina|America/Buenos_Aires America/Argentina/La_Rioja America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia America/Catamarca America/Cordoba America/Jujuy America/Mendoza
Astrakhan|Europe/Astrakhan Europe/Ulyanovsk
Atlantic|America/Halifax Atlantic/Bermuda America/Glace_Bay America/Goose_Bay America/Moncton America/Thule
AUS Central|Australia/Darwin
Aus Central W.|Australia/Eucla
AUS Eastern|Australia/Sydney Australia/Melbourne
Azerbaijan|Asia/Baku
Azores|Atlantic/Azores America/Scoresbysund
Bahia|America/Bahia
Bangladesh|Asia/Dhaka Asia/Thimphu
Belarus|Europe/Minsk
Bougainville|Pacific/Bougainville
Canada Central|America/Regina America/Swift_Current
Cape Verde|Atlantic/Cape_Verde
Caucasus|Asia/Yerevan
Cen. Australia|Australia/Adelaide Australia/Broken_Hill
Central America|America/Guatemala America/Belize America/Costa_Rica Pacific/Galapagos America/Tegucigalpa America/Managua America/El_Salvador
Central Asia|Asia/Bishkek Antarctica/Vostok Asia/Urumqi Indian/Chagos
Central Brazilian|America/Cuiaba America/Campo_Grande
Central Europe|Europe/Budapest Europe/Tirane Europe/Prague Europe/Podgorica Europe/Belgrade Europe/Ljubljana Europe/Bratislava
Central European|Europe/Warsaw Europe/Sarajevo Europe/Zagreb Europe/Skopje
Central Pacific|Pacific/Guadalcanal Antarctica/Casey Pacific/Ponape Pacific/Kosrae Pacific/Noumea Pacific/Efate
Central|America/Chicago America/Winnipeg America/Rankin_Inlet America/Resolute America/Matamoros America/Ojinaga America/Indiana/Knox America/Indiana/Tell_City America/Menominee America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem
Central Standard Time (Mexico)!|America/Mexico_City America/Bahia_Banderas America/Merida America/Monterrey America/Chihuahua 
Chatham Islands|Pacific/Chatham
China|Asia/Shanghai Asia/Hong_Kong Asia/Macau
Cuba|America/Havana
Dateline|Etc/GMT+12
E. Africa|Africa/Nairobi Antarctica/Syowa Africa/Djibouti Africa/Asmera Africa/Addis_Ababa Indian/Comoro Indian/Antananarivo Africa/Mogadishu Africa/Dar_es_Salaam Africa/Kampala Indian/Mayotte
E. Australia|Australia/Brisbane Australia/Lindeman
E. Europe|Europe/Chisinau
E. South America|America/Sao_Paulo
Easter Island|Pacific/Easter
Eastern|America/New_York America/Nassau America/Toronto America/Iqaluit America/Detroit America/Indiana/Petersburg America/Indiana/Vincennes America/Indiana/Winamac America/Kentucky/Monticello America/Louisville
Eastern Standard Time (Mexico)!|America/Cancun
Egypt|Africa/Cairo
Ekaterinburg|Asia/Yekaterinburg
Fiji|Pacific/Fiji
FLE|Europe/Kiev Europe/Mariehamn Europe/Sofia Europe/Tallinn Europe/Helsinki Europe/Vilnius Europe/Riga
Georgian|Asia/Tbilisi
GMT|Europe/London Atlantic/Canary Atlantic/Faeroe Europe/Guernsey Europe/Dublin Europe/Isle_of_Man Europe/Jersey Europe/Lisbon Atlantic/Madeira
Greenland|America/Godthab
Greenwich|Atlantic/Reykjavik Africa/Ouagadougou Africa/Abidjan Africa/Accra America/Danmarkshavn Africa/Banjul Africa/Conakry Africa/Bissau Africa/Monrovia Africa/Bamako Africa/Nouakchott Atlantic/St_Helena Africa/Freetown Africa/Dakar Africa/Lome
GTB|Europe/Bucharest Asia/Nicosia Asia/Famagusta Europe/Athens
Haiti|America/Port-au-Prince
Hawaiian|Pacific/Honolulu Pacific/Rarotonga Pacific/Tahiti
India|Asia/Calcutta
Iran|Asia/Tehran
Israel|Asia/Jerusalem
Jordan|Asia/Amman
Kaliningrad|Europe/Kaliningrad
Korea|Asia/Seoul
Libya|Africa/Tripoli
Line Islands|Pacific/Kiritimati
Lord Howe|Australia/Lord_Howe
Magadan|Asia/Magadan
Magallanes|America/Punta_Arenas America/Coyhaique
Marquesas|Pacific/Marquesas
Mauritius|Indian/Mauritius Indian/Reunion Indian/Mahe
Middle East|Asia/Beirut
Montevideo|America/Montevideo
Morocco|Africa/Casablanca Africa/El_Aaiun
Mountain|America/Denver America/Edmonton America/Cambridge_Bay America/Inuvik America/Ciudad_Juarez America/Boise
Mountain Standard Time (Mexico)!|America/Mazatlan
Myanmar|Asia/Rangoon Indian/Cocos
N. Central Asia|Asia/Novosibirsk
Namibia|Africa/Windhoek
Nepal|Asia/Katmandu
New Zealand|Pacific/Auckland Antarctica/McMurdo
Newfoundland|America/St_Johns
Norfolk|Pacific/Norfolk
North Asia East|Asia/Irkutsk
North Asia|Asia/Krasnoyarsk Asia/Novokuznetsk
North Korea|Asia/Pyongyang
Omsk|Asia/Omsk
Pacific SA|America/Santiago
Pacific|America/Los_Angeles America/Vancouver
Pacific Standard Time (Mexico)!|America/Tijuana
Pakistan|Asia/Karachi
Paraguay|America/Asuncion
Qyzylorda|Asia/Qyzylorda
Romance|Europe/Paris Europe/Brussels Europe/Copenhagen Europe/Madrid Africa/Ceuta
Russia Time Zone 3!|Europe/Samara
Russia Time Zone 10!|Asia/Srednekolymsk
Russia Time Zone 11!|Asia/Kamchatka Asia/Anadyr
Russian|Europe/Moscow Europe/Kirov Europe/Simferopol
SA Eastern|America/Cayenne Antarctica/Rothera Antarctica/Palmer America/Fortaleza America/Belem America/Maceio America/Recife America/Santarem Atlantic/Stanley America/Paramaribo
SA Pacific|America/Bogota America/Rio_Branco America/Eirunepe America/Coral_Harbour America/Guayaquil America/Jamaica America/Cayman America/Panama America/Lima
SA Western|America/La_Paz America/Antigua America/Anguilla America/Aruba America/Barbados America/St_Barthelemy America/Kralendijk America/Manaus America/Boa_Vista America/Porto_Velho America/Blanc-Sablon America/Curacao America/Dominica America/Santo_Domingo America/Grenada America/Guadeloupe America/Guyana America/St_Kitts America/St_Lucia America/Marigot America/Martinique America/Montserrat America/Puerto_Rico America/Lower_Princes America/Port_of_Spain America/St_Vincent America/Tortola America/St_Thomas
Saint Pierre|America/Miquelon
Sakhalin|Asia/Sakhalin
Samoa|Pacific/Apia
Sao Tome|Africa/Sao_Tome
Saratov|Europe/Saratov
SE Asia|Asia/Bangkok Antarctica/Davis Indian/Christmas Asia/Jakarta Asia/Pontianak Asia/Phnom_Penh Asia/Vientiane Asia/Saigon
Singapore|Asia/Singapore Asia/Brunei Asia/Makassar Asia/Kuala_Lumpur Asia/Kuching Asia/Manila
South Africa|Africa/Johannesburg Africa/Bujumbura Africa/Gaborone Africa/Lubumbashi Africa/Maseru Africa/Blantyre Africa/Maputo Africa/Kigali Africa/Mbabane Africa/Lusaka Africa/Harare
South Sudan|Africa/Juba
Sri Lanka|Asia/Colombo
Sudan|Africa/Khartoum
Syria|Asia/Damascus
Taipei|Asia/Taipei
Tasmania|Australia/Hobart Antarctica/Macquarie
Tocantins|America/Araguaina
Tokyo|Asia/Tokyo Asia/Jayapura Pacific/Palau Asia/Dili
Tomsk|Asia/Tomsk
Tonga|Pacific/Tongatapu
Transbaikal|Asia/Chita
Turkey|Europe/Istanbul
Turks And Caicos|America/Grand_Turk
Ulaanbaatar|Asia/Ulaanbaatar
US Eastern|America/Indianapolis America/Indiana/Marengo America/Indiana/Vevay
US Mountain|America/Phoenix America/Creston America/Dawson_Creek America/Fort_Nelson America/Hermosillo
UTC!|Etc/UTC
UTC-02!|Etc/GMT+2 America/Noronha Atlantic/South_Georgia
UTC-08!|Etc/GMT+8 Pacific/Pitcairn
UTC-09!|Etc/GMT+9 Pacific/Gambier
UTC-11!|Etc/GMT+11 Pacific/Pago_Pago Pacific/Niue Pacific/Midway
UTC+12!|Etc/GMT-12 Pacific/Tarawa Pacific/Majuro Pacific/Kwajalein Pacific/Nauru Pacific/Funafuti Pacific/Wake Pacific/Wallis
UTC+13!|Etc/GMT-13 Pacific/Enderbury Pacific/Fakaofo
Venezuela|America/Caracas
Vladivostok|Asia/Vladivostok Asia/Ust-Nera
Volgograd|Europe/Volgograd
W. Australia|Australia/Perth
W. Central Africa|Africa/Lagos Africa/Luanda Africa/Porto-Novo Africa/Kinshasa Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Algiers Africa/Libreville Africa/Malabo Africa/Niamey Africa/Ndjamena Africa/Tunis
W. Europe|Europe/Berlin Europe/Andorra Europe/Vienna Europe/Zurich Europe/Busingen Europe/Gibraltar Europe/Rome Europe/Vaduz Europe/Luxembourg Europe/Monaco Europe/Malta Europe/Amsterdam Europe/Oslo Europe/Stockholm Arctic/Longyearbyen Europe/San_Marino Europe/Vatican
W. Mongolia|Asia/Hovd
West Asia|Asia/Tashkent Antarctica/Mawson Asia/Oral Asia/Almaty Asia/Aqtau Asia/Aqtobe Asia/Atyrau Asia/Qostanay Indian/Maldives Indian/Kerguelen Asia/Dushanbe Asia/Ashgabat Asia/Samarkand
West Bank|Asia/Hebron Asia/Gaza
West Pacific|Pacific/Port_Moresby Antarctica/DumontDUrville Pacific/Truk Pacific/Guam Pacific/Saipan
Yakutsk|Asia/Yakutsk Asia/Khandyga
Yukon|America/Whitehorse America/Dawson
`;
