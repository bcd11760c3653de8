//! The texts that the demo's letters are made of.

/// Subjects; `{}` becomes a number.
pub(super) const SUBJECTS: [&str; 24] = [
    "Containers for week {}",
    "Offer {}: pallets to Rotterdam",
    "Minutes of the Monday meeting",
    "Angebot {} für die Halle 3",
    "Lieferschein {} fehlt",
    "Rückfrage zum Auftrag {}",
    "Terminverschiebung: Übergabe erst am {}.",
    "Urlaubsvertretung im August",
    "Customs papers, shipment {}",
    "Rechnung {}",
    "Zahlungserinnerung zu Rechnung {}",
    "New price list",
    "Photos of the damaged crate {}",
    "Gate {} closed on Friday",
    "Besprechung verschoben",
    "Préavis d'arrivée du navire n° {}",
    "Conferma d'ordine {}",
    "お見積書 {} について",
    "Склад: остатки на {} неделю",
    "Frachtpapiere {} zur Unterschrift",
    "Draft contract, version {}",
    "Team lunch on Thursday?",
    "Wartungsfenster am Server {}",
    "Feedback on the trial run",
];

/// Sentences; `{}` becomes a number.
pub(super) const SENTENCES: [&str; 28] = [
    "The truck leaves the yard at six and should be at the quay before ten.",
    "Please check the weights in the attached list; number {} looks too high to me.",
    "We can hold the price until the end of the month.",
    "Die Ware liegt seit gestern in Halle {} und wartet auf die Freigabe.",
    "Könnten Sie mir bitte bis morgen Mittag Bescheid geben?",
    "Der Kunde möchte die Lieferung in zwei Teilen, den ersten davon noch diese Woche.",
    "I have put the drawings in the project folder, the old ones can go.",
    "For order {} we still need the signed papers.",
    "Le navire a pris du retard, nous attendons un nouvel horaire ce soir.",
    "Possiamo sentirci domani verso le undici?",
    "積み込みは{}番ゲートで行います。",
    "Документы отправлены курьером, номер {}.",
    "The crane on berth {} is out of service until Wednesday.",
    "Thanks for the quick answer, that helps a lot.",
    "Ich habe die Zahlen noch einmal geprüft; es bleibt bei {} Paletten.",
    "Nobody was hurt, but crate {} has to be packed again.",
    "If that suits you, I will book the slot today.",
    "Bitte die Rechnung künftig nur noch elektronisch schicken.",
    "The new driver starts on the first, his papers are complete.",
    "We should talk about the winter schedule before everybody is on leave.",
    "Anbei die Liste mit {} Positionen.",
    "Le client confirme la réception, sans réserve.",
    "Il magazzino resta chiuso dal giorno {} per inventario.",
    "Our insurance asks for photographs of both sides.",
    "Das Fenster für die Entladung ist knapp, aber machbar.",
    "They ask for a discount of {} percent; I said I would come back to them.",
    "See you on Thursday at the usual place.",
    "Die alte Telefonnummer gilt nur noch bis Monatsende.",
];

/// Outside correspondents: name and address.
pub(super) const OTHERS: [(&str, &str); 12] = [
    ("Reederei Möwe", "buchung@moewe.example"),
    ("Marta Silva", "m.silva@portodouro.example"),
    ("Olaf Brandt", "olaf.brandt@kranbau.example"),
    ("Sakura Line", "booking@sakuraline.example"),
    ("Zoë van Dijk", "zoe@vandijk-pallets.example"),
    ("Hafenamt", "schichtplan@hafenamt.example"),
    ("Elena Petrova", "petrova@terminal4.example"),
    ("Quay News", "newsletter@quaynews.example"),
    ("Bäckerei Sonne", "catering@sonne.example"),
    ("Luca Bianchi", "l.bianchi@dogana.example"),
    ("Priya Nair", "priya.nair@coldchain.example"),
    ("Versicherung Anker", "schaden@anker.example"),
];

/// Names of attached files.
pub(super) const FILES: [(&str, &str); 6] = [
    ("packing list.pdf", "application/pdf"),
    ("Lageplan Halle 3.pdf", "application/pdf"),
    ("photo of the crate.jpg", "image/jpeg"),
    ("prices.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("contract, signed.pdf", "application/pdf"),
    ("drawings.zip", "application/zip"),
];
